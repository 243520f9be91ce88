namespace OnnxPipeline.Reference.Ops;

/// <summary>Operators that keep every element and only lay them out anew.</summary>
internal static class Movement
{
    public static IReadOnlyList<Array64?> Identity(Call c) => [c[0]];

    public static IReadOnlyList<Array64?> Shape(Call c)
    {
        var rank = c[0].Rank;
        int Clamp(long at) => (int)Math.Clamp(at < 0 ? at + rank : at, 0, rank);
        var (start, end) = (Clamp(c.Int("start", 0)), Clamp(c.Int("end", rank)));
        return [Array64.Vector([.. c[0].Dims[start..Math.Max(start, end)].Select(d => (long)d)])];
    }

    public static IReadOnlyList<Array64?> Size(Call c) => [Array64.Scalar((long)c[0].Count)];

    public static IReadOnlyList<Array64?> Reshape(Call c)
    {
        var shape = c[1].Ints;
        var copy = c.Int("allowzero", 0) == 0;
        var dims = shape.Select((d, i) => d == 0 && copy ? c[0].Dims[i] : d).ToArray();
        var free = Array.IndexOf(dims, -1);
        if (free >= 0)
        {
            dims[free] = 1;
            dims[free] = c[0].Count / Index.Count(dims);
        }

        return [c[0].Reshaped(dims)];
    }

    public static IReadOnlyList<Array64?> Flatten(Call c)
    {
        var before = Index.Count(c[0].Dims.AsSpan(0, Index.Axis(c.Int("axis", 1), c[0].Rank)));
        return [c[0].Reshaped(before, before == 0 ? 0 : c[0].Count / before)];
    }

    public static IReadOnlyList<Array64?> Squeeze(Call c)
    {
        var axes = c.Optional(1)?.Ints.Select(a => Index.Axis(a, c[0].Rank)).ToHashSet();
        return [c[0].Reshaped([.. c[0].Dims.Where((d, i) => axes is null ? d != 1 : !axes.Contains(i))])];
    }

    public static IReadOnlyList<Array64?> Unsqueeze(Call c)
    {
        var rank = c[0].Rank + c[1].Count;
        var axes = c[1].Ints.Select(a => Index.Axis(a, rank)).ToHashSet();
        var next = 0;
        return [c[0].Reshaped([.. Enumerable.Range(0, rank).Select(i => axes.Contains(i) ? 1 : c[0].Dims[next++])])];
    }

    public static IReadOnlyList<Array64?> Transpose(Call c) => [Permuted(c[0], c.Ints("perm") ?? [.. Enumerable.Range(0, c[0].Rank).Reverse()])];

    public static Array64 Permuted(Array64 x, int[] perm)
    {
        var strides = Index.Strides(x.Dims);
        return x.Pick([.. perm.Select(p => x.Dims[p])], at => Index.Flat(at, [.. perm.Select(p => strides[p])]));
    }

    public static IReadOnlyList<Array64?> Expand(Call c) => [c[0].Expanded(Index.Broadcast(c[0].Dims, c[1].Ints))];

    public static IReadOnlyList<Array64?> Tile(Call c)
    {
        var (x, strides) = (c[0], Index.Strides(c[0].Dims));
        return [x.Pick([.. x.Dims.Zip(c[1].Ints, (d, n) => d * n)], at => Index.Flat([.. at.Select((a, i) => a % x.Dims[i])], strides))];
    }

    public static IReadOnlyList<Array64?> Concat(Call c)
    {
        var axis = Index.Axis(c.Int("axis", 0), c[0].Rank);
        var parts = Enumerable.Range(0, c.Inputs).Select(i => c[i]).ToArray();
        var dims = Index.With(c[0].Dims, axis, parts.Sum(p => p.Dims[axis]));
        // All inputs one after the other, and where each begins in that.
        Array64 all = new(Joined(parts), parts.Sum(p => p.Count));
        return [all.Pick(dims, at =>
        {
            var (part, start, place) = (0, 0, at[axis]);
            for (; place >= parts[part].Dims[axis]; part++)
            {
                place -= parts[part].Dims[axis];
                start += parts[part].Count;
            }

            return start + Index.Flat(Index.With(at, axis, place), Index.Strides(parts[part].Dims));
        })];
    }

    public static IReadOnlyList<Array64?> Split(Call c)
    {
        var axis = Index.Axis(c.Int("axis", 0), c[0].Rank);
        var strides = Index.Strides(c[0].Dims);
        var count = c.Node.Outputs.Count;
        var even = (c[0].Dims[axis] + count - 1) / count; // the last part is smaller where it does not come out even
        var sizes = c.Optional(1)?.Ints ?? [.. Enumerable.Range(0, count).Select(i => Math.Min(even, c[0].Dims[axis] - (i * even)))];
        var start = 0;
        List<Array64?> parts = [];
        foreach (var size in sizes)
        {
            var from = start;
            parts.Add(c[0].Pick(Index.With(c[0].Dims, axis, size), at => Index.Flat(at, strides) + (from * strides[axis])));
            start += size;
        }

        return start == c[0].Dims[axis] ? parts : throw new ArgumentException("the parts do not add up to the whole");
    }

    /// <summary>Arrays of one shape under a new first axis; at least one.</summary>
    public static Array64 Stacked(IReadOnlyList<Array64> parts) => new(Joined([.. parts]), [parts.Count, .. parts[0].Dims]);

    private static Array Joined(Array64[] parts) => parts[0].Data switch
    {
        double[] => parts.SelectMany(p => p.Doubles).ToArray(),
        long[] => parts.SelectMany(p => p.Longs).ToArray(),
        _ => parts.SelectMany(p => p.Bools).ToArray(),
    };
}
