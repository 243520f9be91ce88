namespace OnnxPipeline.Reference.Ops;

/// <summary>Operators that take elements out by index or put them somewhere.</summary>
internal static class Selection
{
    public static IReadOnlyList<Array64?> Slice(Call c)
    {
        var x = c[0];
        var (starts, ends) = (c[1].Longs, c[2].Longs);
        var axes = c.Optional(3)?.Ints.Select(a => Index.Axis(a, x.Rank)).ToArray() ?? [.. Enumerable.Range(0, starts.Length)];
        var steps = c.Optional(4)?.Longs ?? [.. starts.Select(_ => 1L)];
        var (dims, firsts, strides) = ((int[])x.Dims.Clone(), new int[x.Rank], Index.Strides(x.Dims));
        var every = Enumerable.Repeat(1, x.Rank).ToArray();
        for (var i = 0; i < axes.Length; i++)
        {
            var (size, step) = ((long)x.Dims[axes[i]], steps[i]);
            // Backwards a slice may end before the first element: at −1.
            var (low, high) = step > 0 ? (0L, size) : (-1L, size - 1);
            var start = Math.Clamp(starts[i] < 0 ? starts[i] + size : starts[i], 0, high);
            var end = Math.Clamp(ends[i] < 0 ? ends[i] + size : ends[i], low, high);
            dims[axes[i]] = (int)Math.Max(0, Math.Ceiling((end - start) / (double)step));
            (firsts[axes[i]], every[axes[i]]) = ((int)start, (int)Math.Clamp(step, int.MinValue, int.MaxValue));
        }

        return [x.Pick(dims, at => Index.Flat([.. at.Select((a, i) => firsts[i] + (a * every[i]))], strides))];
    }

    public static IReadOnlyList<Array64?> Gather(Call c)
    {
        var (x, indices) = (c[0], c[1]);
        var axis = Index.Axis(c.Int("axis", 0), x.Rank);
        var (strides, inner) = (Index.Strides(x.Dims), Index.Strides(indices.Dims));
        return [x.Pick([.. x.Dims[..axis], .. indices.Dims, .. x.Dims[(axis + 1)..]], at =>
        {
            var chosen = indices.Longs[Index.Flat(at[axis..(axis + indices.Rank)], inner)];
            return Index.Flat([.. at[..axis], Index.Place(chosen, x.Dims[axis]), .. at[(axis + indices.Rank)..]], strides);
        })];
    }

    /// <summary>The array at one place of the first axis.</summary>
    public static Array64 Row(Array64 x, int place)
    {
        var count = Index.Count(x.Dims.AsSpan(1));
        return x.Take([.. Enumerable.Range(place * count, count)], x.Dims.AsSpan(1));
    }

    public static IReadOnlyList<Array64?> GatherElements(Call c)
    {
        var (x, indices) = (c[0], c[1]);
        var axis = Index.Axis(c.Int("axis", 0), x.Rank);
        var (strides, flat) = (Index.Strides(x.Dims), 0);
        return [x.Pick(indices.Dims, at => Index.Flat(Index.With(at, axis, Index.Place(indices.Longs[flat++], x.Dims[axis])), strides))];
    }

    public static IReadOnlyList<Array64?> GatherND(Call c)
    {
        var (x, indices, batch) = (c[0], c[1], (int)c.Int("batch_dims", 0));
        var depth = indices.Dims[^1];
        var (strides, inner) = (Index.Strides(x.Dims), Index.Strides(indices.Dims));
        var outer = indices.Rank - 1;
        return [x.Pick([.. indices.Dims[..^1], .. x.Dims[(batch + depth)..]], at =>
        {
            var start = Index.Flat([.. at[..outer], 0], inner);
            var chosen = Enumerable.Range(0, depth).Select(i => Index.Place(indices.Longs[start + i], x.Dims[batch + i]));
            return Index.Flat([.. at[..batch], .. chosen, .. at[outer..]], strides);
        })];
    }

    public static IReadOnlyList<Array64?> ScatterElements(Call c)
    {
        var (x, indices) = (c[0], c[1]);
        var axis = Index.Axis(c.Int("axis", 0), x.Rank);
        var (strides, flat) = (Index.Strides(x.Dims), 0);
        var places = Index.All(indices.Dims).Select(at => Index.Flat(Index.With(at, axis, Index.Place(indices.Longs[flat++], x.Dims[axis])), strides)).ToArray();
        return [Scattered(x, places, c[2], c.Text("reduction", "none"))];
    }

    public static IReadOnlyList<Array64?> ScatterND(Call c)
    {
        var (x, indices) = (c[0], c[1]);
        var depth = indices.Dims[^1];
        var strides = Index.Strides(x.Dims);
        var width = Index.Count(x.Dims.AsSpan(depth));
        var places = Enumerable.Range(0, indices.Count / depth).SelectMany(row =>
        {
            var start = Enumerable.Range(0, depth).Sum(i => Index.Place(indices.Longs[(row * depth) + i], x.Dims[i]) * strides[i]);
            return Enumerable.Range(start, width);
        }).ToArray();
        return [Scattered(x, places, c[2], c.Text("reduction", "none"))];
    }

    public static IReadOnlyList<Array64?> Pad(Call c)
    {
        var (x, pads, mode) = (c[0], c[1].Ints, c.Text("mode", "constant"));
        var axes = c.Optional(3)?.Ints.Select(a => Index.Axis(a, x.Rank)).ToArray() ?? [.. Enumerable.Range(0, x.Rank)];
        var (before, after) = (new int[x.Rank], new int[x.Rank]);
        for (var i = 0; i < axes.Length; i++)
        {
            (before[axes[i]], after[axes[i]]) = (pads[i], pads[i + axes.Length]);
        }

        var dims = x.Dims.Select((d, i) => d + before[i] + after[i]).ToArray();
        var strides = Index.Strides(x.Dims);
        // The elements and, one past their end, what stands outside.
        var outside = c.Optional(2);
        Array64 source = x.Data switch
        {
            double[] data => new(data.Append(outside?.Doubles[0] ?? 0).ToArray(), x.Count + 1),
            long[] data => new(data.Append(outside?.Longs[0] ?? 0).ToArray(), x.Count + 1),
            _ => new(x.Bools.Append(outside?.Bools[0] ?? false).ToArray(), x.Count + 1),
        };
        return [source.Pick(dims, at =>
        {
            var from = at.Select((a, i) => Source(a, x.Dims[i], before[i], after[i], mode)).ToArray();
            return from.Contains(-1) ? x.Count : Index.Flat(from, strides);
        })];
    }

    // The first lengths[batch] places of the time axis backwards, the others as they are
    public static IReadOnlyList<Array64?> ReverseSequence(Call c)
    {
        var (x, lengths, batch, time) = (c[0], c[1].Ints, (int)c.Int("batch_axis", 1), (int)c.Int("time_axis", 0));
        var strides = Index.Strides(x.Dims);
        return [x.Pick(x.Dims, at => Index.Flat(at[time] < lengths[at[batch]] ? Index.With(at, time, lengths[at[batch]] - 1 - at[time]) : at, strides))];
    }

    public static IReadOnlyList<Array64?> NonZero(Call c)
    {
        var (flags, flat) = (c[0].ToBools(), 0);
        var found = Index.All(c[0].Dims).Where(_ => flags[flat++]).Select(at => at.ToArray()).ToArray();
        return [new(Enumerable.Range(0, c[0].Rank).SelectMany(i => found.Select(at => (long)at[i])).ToArray(), c[0].Rank, found.Length)];
    }

    public static IReadOnlyList<Array64?> Trilu(Call c)
    {
        var (x, k, upper) = (c[0], c.Optional(1)?.Longs[0] ?? 0, c.Int("upper", 1) != 0);
        bool Kept(int[] at) => upper ? at[^1] - at[^2] >= k : at[^1] - at[^2] <= k;
        var kept = Index.All(x.Dims).Select(Kept).ToArray();
        return x.Data switch
        {
            double[] data => [new(data.Select((v, i) => kept[i] ? v : 0).ToArray(), x.Dims)],
            long[] data => [new(data.Select((v, i) => kept[i] ? v : 0).ToArray(), x.Dims)],
            _ => [new(x.Bools.Select((v, i) => kept[i] && v).ToArray(), x.Dims)],
        };
    }

    /// <summary>Where the element comes from; −1: from outside. What negative pads cut away is gone before the others copy, as in ONNX Runtime.</summary>
    private static int Source(int at, int size, int before, int after, string mode)
    {
        var (cut, left) = (Math.Max(0, -before), size + Math.Min(0, before) + Math.Min(0, after));
        var place = Inside(at - Math.Max(0, before), left, mode);
        return place < 0 ? -1 : place + cut;
    }

    private static int Inside(int at, int size, string mode) => mode switch
    {
        _ when at >= 0 && at < size => at,
        "edge" => Math.Clamp(at, 0, size - 1),
        "wrap" => ((at % size) + size) % size,
        "reflect" => at < 0 ? -at : (2 * (size - 1)) - at,
        _ => -1,
    };

    private static Array64 Scattered(Array64 x, int[] places, Array64 updates, string reduction)
    {
        if (places.Length != updates.Count)
        {
            throw new ArgumentException("indices and updates differ in number");
        }

        var data = (Array)x.Data.Clone();
        for (var i = 0; i < places.Length; i++)
        {
            switch (data)
            {
                case double[] numbers:
                    Put(ref numbers[places[i]], updates.Doubles[i], reduction);
                    break;
                case long[] numbers:
                    Put(ref numbers[places[i]], updates.Longs[i], reduction);
                    break;
                case bool[] flags:
                    flags[places[i]] = updates.Bools[i];
                    break;
            }
        }

        return new(data, x.Dims);
    }

    private static void Put<T>(ref T target, T value, string reduction) where T : System.Numerics.INumber<T> => target = reduction switch
    {
        "none" => value,
        "add" => target + value,
        "mul" => target * value,
        "max" => T.Max(target, value),
        "min" => T.Min(target, value),
        _ => throw new ArgumentException($"unknown reduction {reduction}"),
    };
}
