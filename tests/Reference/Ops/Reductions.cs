namespace OnnxPipeline.Reference.Ops;

internal static class Reductions
{
    /// <summary>f of the elements that fall into one; integers go through double and must be below 2⁵³.</summary>
    public static Operator Reduce(Func<List<double>, double> f) => c =>
    {
        var x = c[0];
        var axes = c.Optional(1)?.Ints ?? c.Ints("axes") ?? [];
        // No axes with noop_with_empty_axes: every element is reduced alone, so that the sum of squares is the square.
        var all = axes.Length == 0 && c.Int("noop_with_empty_axes", 0) == 0;
        var reduced = (all ? Enumerable.Range(0, x.Rank) : axes.Select(a => Index.Axis(a, x.Rank))).ToHashSet();
        var kept = x.Dims.Select((d, i) => reduced.Contains(i) ? 1 : d).ToArray();
        var strides = Index.Strides(kept);
        var groups = Enumerable.Range(0, Index.Count(kept)).Select(_ => new List<double>()).ToArray();
        var values = x.ToDoubles();
        var flat = 0;
        foreach (var index in Index.All(x.Dims))
        {
            groups[index.Select((at, i) => reduced.Contains(i) ? 0 : at * strides[i]).Sum()].Add(values[flat++]);
        }

        var dims = c.Int("keepdims", 1) != 0 ? kept : [.. x.Dims.Where((_, i) => !reduced.Contains(i))];
        var results = Array.ConvertAll(groups, g => f(g));
        return [new(x.Data is long[]? Array.ConvertAll(results, v => (long)v) : results, dims)];
    };

    public static double LogSumExp(List<double> values)
    {
        var max = values.Max();
        return max + Math.Log(values.Sum(v => Math.Exp(v - max)));
    }

    public static Operator ArgBest(Func<double, double, bool> better) => c =>
    {
        var axis = Index.Axis(c.Int("axis", 0), c[0].Rank);
        var last = c.Int("select_last_index", 0) != 0;
        var kept = Index.With(c[0].Dims, axis, 1);
        var (values, strides) = (c[0].ToDoubles(), Index.Strides(c[0].Dims));
        var results = Index.All(kept).Select(index =>
        {
            var (start, best) = (Index.Flat(index, strides), 0);
            for (var i = 1; i < c[0].Dims[axis]; i++)
            {
                var (here, there) = (values[start + (i * strides[axis])], values[start + (best * strides[axis])]);
                best = better(here, there) || (last && here == there) ? i : best;
            }

            return (long)best;
        }).ToArray();
        return [new(results, c.Int("keepdims", 1) != 0 ? kept : [.. c[0].Dims.Where((_, i) => i != axis)])];
    };

    public static IReadOnlyList<Array64?> TopK(Call c)
    {
        var axis = Index.Axis(c.Int("axis", -1), c[0].Rank);
        var (k, sign) = (c[1].Ints[0], c.Int("largest", 1) != 0 ? -1 : 1);
        var dims = Index.With(c[0].Dims, axis, k);
        var (values, strides) = (c[0].ToDoubles(), Index.Strides(c[0].Dims));
        var order = new Dictionary<int, int[]>();
        var picks = Index.All(dims).Select(index =>
        {
            var start = Index.Flat(index, strides) - (index[axis] * strides[axis]);
            if (!order.TryGetValue(start, out var sorted))
            {
                order.Add(start, sorted = [.. Enumerable.Range(0, c[0].Dims[axis]).OrderBy(i => sign * values[start + (i * strides[axis])])]);
            }

            return (Source: start + (sorted[index[axis]] * strides[axis]), Place: (long)sorted[index[axis]]);
        }).ToArray();
        return [c[0].Take([.. picks.Select(p => p.Source)], dims), new(picks.Select(p => p.Place).ToArray(), dims)];
    }

    /// <summary>f of the elements of a line up to each one.</summary>
    public static Operator Cumulated(Func<IEnumerable<double>, double> f) => c =>
    {
        var axis = Index.Axis(c[1].Longs[0], c[0].Rank);
        var (exclusive, reverse) = (c.Int("exclusive", 0) != 0, c.Int("reverse", 0) != 0);
        var (values, strides, size) = (c[0].ToDoubles(), Index.Strides(c[0].Dims), c[0].Dims[axis]);
        var sums = Index.All(c[0].Dims).Select(index =>
        {
            var at = index[axis];
            var start = Index.Flat(index, strides) - (at * strides[axis]);
            var summed = reverse ? Enumerable.Range(at, size - at) : Enumerable.Range(0, at + 1);
            return f(summed.Where(i => !exclusive || i != at).Select(i => values[start + (i * strides[axis])]));
        }).ToArray();
        return [c[0].Data is long[]? new(Array.ConvertAll(sums, v => (long)v), c[0].Dims) : new(sums, c[0].Dims)];
    };
}
