namespace OnnxPipeline.Reference.Ops;

/// <summary>Operators that change the sizes of an image.</summary>
internal static class Resampling
{
    // Axis by axis, as the weights multiply. Sizes follow from scales in float32, as in ONNX Runtime, and length_resized is a whole number, as there.
    public static IReadOnlyList<Array64?> Resize(Call c)
    {
        var x = c[0];
        var axes = c.Ints("axes")?.Select(a => Index.Axis(a, x.Rank)).ToArray() ?? [.. Enumerable.Range(0, x.Rank)];
        var scales = c.Optional(2) is { Count: > 0 } given ? given.Doubles : null;
        var sizes = scales is null ? c[3].Ints : [.. axes.Select((a, i) => (int)((float)scales[i] * x.Dims[a]))];
        scales ??= [.. axes.Select((a, i) => (double)sizes[i] / x.Dims[a])];
        var policy = c.Text("keep_aspect_ratio_policy", "stretch");
        if (policy != "stretch" && c.Optional(2) is not { Count: > 0 })
        {
            var scale = policy == "not_larger" ? scales.Min() : scales.Max();
            scales = [.. scales.Select(_ => scale)];
            sizes = [.. axes.Select(a => (int)Math.Floor((scale * x.Dims[a]) + 0.5))];
        }

        for (var i = 0; i < axes.Length; i++)
        {
            var roi = c.Optional(1) is { Count: > 0 } part ? (part.Doubles[i], part.Doubles[i + axes.Length]) : (0, 1);
            x = Along(c, x, axes[i], sizes[i], scales[i], roi);
        }

        return [x];
    }

    // DCR: channel = (row in block, column in block, own); CRD: channel = (own, row in block, column in block)
    public static IReadOnlyList<Array64?> DepthToSpace(Call c)
    {
        var (x, block, first) = (c[0], (int)c.Int("blocksize", 1), c.Text("mode", "DCR") == "CRD");
        var (strides, own) = (Index.Strides(x.Dims), x.Dims[1] / (block * block));
        return [x.Pick([x.Dims[0], own, x.Dims[2] * block, x.Dims[3] * block], at =>
        {
            var inBlock = (at[2] % block * block) + (at[3] % block);
            return Index.Flat([at[0], first ? (at[1] * block * block) + inBlock : (inBlock * own) + at[1], at[2] / block, at[3] / block], strides);
        })];
    }

    public static IReadOnlyList<Array64?> SpaceToDepth(Call c)
    {
        var (x, block) = (c[0], (int)c.Int("blocksize", 1));
        var (strides, own) = (Index.Strides(x.Dims), x.Dims[1]);
        return [x.Pick([x.Dims[0], own * block * block, x.Dims[2] / block, x.Dims[3] / block], at =>
        {
            var inBlock = at[1] / own;
            return Index.Flat([at[0], at[1] % own, (at[2] * block) + (inBlock / block), (at[3] * block) + (inBlock % block)], strides);
        })];
    }

    private static Array64 Along(Call c, Array64 x, int axis, int size, double scale, (double Start, double End) roi)
    {
        var before = x.Dims[axis];
        var weights = Enumerable.Range(0, size).Select(i => Weights(c, Place(c, i, before, size, scale, roi), before, scale)).ToArray();
        var (dims, strides) = (Index.With(x.Dims, axis, size), Index.Strides(x.Dims));
        return new(Index.All(dims).Select(at =>
        {
            var start = Index.Flat(Index.With(at, axis, 0), strides);
            return weights[at[axis]] is { } w ? Enumerable.Range(0, before).Sum(k => w[k] * x.Doubles[start + (k * strides[axis])]) : c.Float("extrapolation_value", 0);
        }).ToArray(), dims);
    }

    private static double Place(Call c, int i, int before, int after, double scale, (double Start, double End) roi) => c.Text("coordinate_transformation_mode", "half_pixel") switch
    {
        "asymmetric" => i / scale,
        "align_corners" => after == 1 ? 0 : i * (before - 1.0) / (after - 1),
        "half_pixel" => ((i + 0.5) / scale) - 0.5,
        "pytorch_half_pixel" => after == 1 ? 0 : ((i + 0.5) / scale) - 0.5,
        "half_pixel_symmetric" => (before / 2.0 * (1 - (after / (scale * before)))) + ((i + 0.5) / scale) - 0.5,
        "tf_crop_and_resize" => after == 1 ? 0.5 * (roi.Start + roi.End) * (before - 1) : (before - 1) * (roi.Start + (i * (roi.End - roi.Start) / (after - 1))),
        var other => throw new ArgumentException($"unknown coordinate_transformation_mode {other}"),
    };

    /// <summary>What each element counts for at a place between them; null: the place lies outside of what may be cropped.</summary>
    private static double[]? Weights(Call c, double place, int size, double scale)
    {
        if (c.Text("coordinate_transformation_mode", "") == "tf_crop_and_resize" && (place < 0 || place > size - 1))
        {
            return null;
        }

        var weights = new double[size];
        if (c.Text("mode", "nearest") is var mode && mode == "nearest")
        {
            weights[Math.Clamp(Nearest(c.Text("nearest_mode", "round_prefer_floor"), place), 0, size - 1)] = 1;
            return weights;
        }

        var stretch = c.Int("antialias", 0) != 0 ? Math.Min(scale, 1) : 1; // a kernel as wide as what it stands for
        var reach = (mode == "linear" ? 1 : 2) / stretch;
        var a = c.Float("cubic_coeff_a", -0.75f);
        double total = 0;
        for (var k = (int)Math.Floor(place - reach); k <= place + reach; k++)
        {
            var distance = Math.Abs(k - place) * stretch;
            var weight = mode == "linear" ? Math.Max(0, 1 - distance) : Cubic(distance, a);
            weight = c.Int("exclude_outside", 0) != 0 && (k < 0 || k >= size) ? 0 : weight;
            weights[Math.Clamp(k, 0, size - 1)] += weight;
            total += weight;
        }

        return Array.ConvertAll(weights, w => w / total);
    }

    private static int Nearest(string rounding, double place) => (int)(rounding switch
    {
        "round_prefer_floor" => Math.Ceiling(place - 0.5),
        "round_prefer_ceil" => Math.Floor(place + 0.5),
        "floor" => Math.Floor(place),
        "ceil" => Math.Ceiling(place),
        var other => throw new ArgumentException($"unknown nearest_mode {other}"),
    });

    private static double Cubic(double d, double a) =>
        d <= 1 ? ((((a + 2) * d) - (a + 3)) * d * d) + 1
        : d < 2 ? a * ((((d - 5) * d + 8) * d) - 4)
        : 0;
}
