namespace OnnxPipeline.Reference.Ops;

/// <summary>Pools over [N, C, spatial...].</summary>
internal static class Pools
{
    // (maxima, their places in the whole of x); of equal ones the first
    public static IReadOnlyList<Array64?> MaxPool(Call c)
    {
        var (x, size) = (c[0].Doubles, c[0].Dims[2..]);
        var image = Index.Count(size);
        int[] order = c.Int("storage_order", 0) == 0 ? Index.Strides(size) : [.. Index.Strides([.. size.Reverse()]).Reverse()];
        List<long> places = [];
        var y = Pooled(c, (start, windows, at) =>
        {
            var best = windows.At(at).MaxBy(t => x[start + t.Place]).Place;
            var left = best;
            places.Add(start + Index.Strides(size).Select((s, i) => { var p = left / s; left %= s; return p * order[i]; }).Sum());
            return x[start + best];
        });
        return [y, new(places.ToArray(), y.Dims)];
    }

    public static IReadOnlyList<Array64?> AveragePool(Call c)
    {
        var (x, padded) = (c[0].Doubles, c.Int("count_include_pad", 0) != 0);
        return [Pooled(c, (start, windows, at) => windows.At(at).Sum(t => x[start + t.Place]) / (padded ? windows.Padded(at) : windows.At(at).Count()))];
    }

    // (Σ|x|^p)^(1/p)
    public static IReadOnlyList<Array64?> LpPool(Call c)
    {
        var (x, p) = (c[0].Doubles, c.Int("p", 2));
        return [Pooled(c, (start, windows, at) => Math.Pow(windows.At(at).Sum(t => Math.Pow(Math.Abs(x[start + t.Place]), p)), 1.0 / p))];
    }

    /// <summary>f of all elements of a channel.</summary>
    public static Operator Global(Func<Call, double[], double> f) => c =>
    {
        var (x, image) = (c[0], Index.Count(c[0].Dims.AsSpan(2)));
        int[] dims = [x.Dims[0], x.Dims[1], .. Enumerable.Repeat(1, x.Rank - 2)];
        return [new(Enumerable.Range(0, Index.Count(dims)).Select(i => f(c, x.Doubles[(i * image)..((i + 1) * image)])).ToArray(), dims)];
    };

    public static double Norm(Call c, double[] values) => Math.Pow(values.Sum(v => Math.Pow(Math.Abs(v), c.Int("p", 2))), 1.0 / c.Int("p", 2));

    private static Array64 Pooled(Call c, Func<int, Windows, int[], double> f)
    {
        var x = c[0];
        var windows = new Windows(c, x.Dims[2..], c.Ints("kernel_shape")!);
        int[] dims = [x.Dims[0], x.Dims[1], .. windows.Output];
        var image = Index.Count(windows.Size);
        return new(Index.All(dims).Select(at => f(((at[0] * x.Dims[1]) + at[1]) * image, windows, at[2..])).ToArray(), dims);
    }
}
