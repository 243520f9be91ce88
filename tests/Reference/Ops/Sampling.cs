namespace OnnxPipeline.Reference.Ops;

/// <summary>Images read at places of a grid from −1 to 1 whose last axis names the image's last axis first.</summary>
internal static class Sampling
{
    // (x [N, C, size...], grid [N, places..., k]) → [N, C, places...]
    public static IReadOnlyList<Array64?> GridSample(Call c)
    {
        var (x, grid) = (c[0], c[1]);
        var n = x.Rank - 2;
        int[] dims = [x.Dims[0], x.Dims[1], .. grid.Dims[1..^1]];
        var (xs, gs) = (Index.Strides(x.Dims), Index.Strides(grid.Dims));
        var y = Index.All(dims).Select(at =>
        {
            var place = (at[0] * gs[0]) + at[2..].Select((p, i) => p * gs[i + 1]).Sum();
            IEnumerable<(int From, double Weight)> all = [((at[0] * xs[0]) + (at[1] * xs[1]), 1)];
            for (var axis = 0; axis < n; axis++)
            {
                var taps = Taps(c, grid.Doubles[place + n - 1 - axis], x.Dims[axis + 2]).ToList();
                var stride = xs[axis + 2];
                all = all.SelectMany(a => taps.Select(t => (a.From + (t.Place * stride), a.Weight * t.Weight))).ToList();
            }

            return all.Sum(a => x.Doubles[a.From] * a.Weight);
        }).ToArray();
        return [new(y, dims)];
    }

    // (theta [N, k, k + 1], size [N, C, sizes...]) → [N, sizes..., k]
    public static IReadOnlyList<Array64?> AffineGrid(Call c)
    {
        var (theta, size, aligned) = (c[0], c[1].Ints[2..], c.Int("align_corners", 0) != 0);
        var n = size.Length;
        int[] dims = [theta.Dims[0], .. size, n];
        double Centre(int place, int count) => !aligned ? ((2.0 * place) + 1 - count) / count : count == 1 ? -1 : (2.0 * place / (count - 1)) - 1;
        return [new(Index.All(dims).Select(at =>
        {
            var row = ((at[0] * n) + at[^1]) * (n + 1);
            return theta.Doubles[row + n] + Enumerable.Range(0, n).Sum(i => theta.Doubles[row + n - 1 - i] * Centre(at[i + 1], size[i]));
        }).ToArray(), dims)];
    }

    /// <summary>The elements that count along an axis, with their weights.</summary>
    private static IEnumerable<(int Place, double Weight)> Taps(Call c, double place, int size)
    {
        var (aligned, mode, outside) = (c.Int("align_corners", 0) != 0, c.Text("mode", "linear"), c.Text("padding_mode", "zeros"));
        var (low, high) = aligned ? (0.0, size - 1.0) : (-0.5, size - 0.5);
        var at = aligned ? (place + 1) / 2 * (size - 1) : (((place + 1) * size) - 1) / 2;
        at = mode == "nearest" ? Math.Round(at, MidpointRounding.ToEven) : at;
        var cubic = mode is "cubic" or "bicubic"; // each element is brought inside, else the place
        at = cubic ? at : outside == "border" ? Math.Clamp(at, 0, size - 1) : outside == "reflection" ? Reflected(at, low, high) : at;
        var first = (int)Math.Floor(mode == "nearest" ? at + 0.5 : at);
        var t = at - first;
        (int, double)[] taps = mode switch
        {
            "nearest" => [(0, 1)],
            "linear" or "bilinear" => [(0, 1 - t), (1, t)],
            _ => [(-1, Far(1 + t)), (0, Near(t)), (1, Near(1 - t)), (2, Far(2 - t))],
        };
        foreach (var (offset, weight) in taps)
        {
            var element = first + offset;
            if (outside != "zeros" || (element >= 0 && element < size))
            {
                var kept = outside == "reflection" && cubic ? (int)Math.Round(Reflected(element, low, high)) : element;
                yield return (Math.Clamp(kept, 0, size - 1), weight);
            }
        }

        static double Near(double t) => (((1.25 * t) - 2.25) * t * t) + 1;
        static double Far(double t) => (((((-0.75 * t) + 3.75) * t) - 6) * t) + 3;
    }

    private static double Reflected(double at, double low, double high)
    {
        while (at < low || at > high)
        {
            at = low == high ? low : at < low ? (2 * low) - at : (2 * high) - at;
        }

        return at;
    }
}
