using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Inference;

/// <summary>Convolutions, pools and resizing: [N, C, spatial...].</summary>
internal static class Convolutions
{
    public static void Conv(InferenceContext c)
    {
        var (x, w) = (c.Shape(0), c.Shape(1));
        Shape? result = null;
        if (x is not null && w is not null)
        {
            if (x.Rank != w.Rank || x.Rank < 3)
            {
                throw c.Contradiction($"data of shape {x} and weights of shape {w}", "the same rank, at least 3");
            }

            c.Equal(x[1], DimMath.Mul(w[1], c.Node.Int("group", 1)), "channels of the data and of the weights");
            result = Ir.Shape.Of([x[0], w[0], .. Windows(c, x, w.Dims[2..].ToArray())]);
        }

        c.Output(0, c.Element(0), result);
    }

    public static void ConvTranspose(InferenceContext c)
    {
        var (x, w) = (c.Shape(0), c.Shape(1));
        Shape? result = null;
        if (x is not null && w is not null)
        {
            if (x.Rank != w.Rank || x.Rank < 3)
            {
                throw c.Contradiction($"data of shape {x} and weights of shape {w}", "the same rank, at least 3");
            }

            var n = x.Rank - 2;
            var (strides, dilations) = (c.List("strides", n, 1), c.List("dilations", n, 1));
            var (pads, extra, given) = (c.List("pads", 2 * n, 0), c.List("output_padding", n, 0), c.Node.Ints("output_shape"));
            if (given is not null && given.Count != n && given.Count != x.Rank)
            {
                throw c.Contradiction($"output_shape [{string.Join(", ", given)}]", $"{n} entries");
            }

            var mode = c.Node.Text("auto_pad", "NOTSET");
            var dims = new Dim[n];
            for (var i = 0; i < n; i++)
            {
                var window = DimMath.Add(DimMath.Mul(DimMath.Sub(w[i + 2], 1), dilations[i]), 1);
                var full = DimMath.Add(DimMath.Add(DimMath.Mul(DimMath.Sub(x[i + 2], 1), strides[i]), window), extra[i]);
                dims[i] = given is not null ? given[given.Count - n + i]
                    : mode.StartsWith("SAME", StringComparison.Ordinal) ? DimMath.Mul(x[i + 2], strides[i])
                    : mode == "VALID" ? full : DimMath.Sub(full, pads[i] + pads[i + n]);
            }

            result = Ir.Shape.Of([x[0], DimMath.Mul(w[1], c.Node.Int("group", 1)), .. dims]);
        }

        c.Output(0, c.Element(0), result);
    }

    // MaxPool, AveragePool, LpPool; MaxPool's second output are places
    public static void Pool(InferenceContext c)
    {
        Shape? result = null;
        var kernel = c.Required("kernel_shape");
        if (c.Shape(0) is { Rank: >= 3 } x)
        {
            result = Ir.Shape.Of([x[0], x[1], .. Windows(c, x, [.. kernel.Select(Dim.Of)])]);
        }

        c.Output(0, c.Element(0), result);
        c.Output(1, ElementType.Int64, result);
    }

    public static void GlobalPool(InferenceContext c) =>
        c.Output(0, c.Element(0), c.Shape(0) is { } x ? Ir.Shape.Of([.. x.Select((d, i) => i < 2 ? d : 1)]) : null);

    // Sizes, or sizes times scales
    public static void Resize(InferenceContext c)
    {
        Shape? result = null;
        if (c.Shape(0) is { } x)
        {
            var axes = c.Node.Ints("axes")?.Select(a => c.Axis(a, x.Rank)).ToArray() ?? [.. Enumerable.Range(0, x.Rank)];
            var dims = x.Dims.ToArray();
            var scales = c.Node.Attributes.GetValueOrDefault("scales") is FloatsAttribute old ? old.Values : (IReadOnlyList<float>?)Scales(c.Node.Input(c.Inputs == 2 ? 1 : 2));
            var sizes = Given(c, 3) ? c.Elements(3) : null;
            var policy = c.Node.Text("keep_aspect_ratio_policy", "stretch");
            for (var i = 0; i < axes.Length; i++)
            {
                ref var dim = ref dims[axes[i]];
                dim = Given(c, 3) ? policy == "stretch" && sizes is not null && i < sizes.Length ? sizes[i] : Dim.Unknown
                    : scales is null || i >= scales.Count ? Dim.Unknown
                    : Scaled(dim, scales[i]);
            }

            if (policy != "stretch" && sizes?.Length == axes.Length && axes.Zip(sizes).All(p => x[p.First].IsKnown && p.Second.IsKnown))
            {
                // One scale for all axes: the smallest or the largest that the sizes ask for.
                var asked = axes.Select((a, i) => (float)sizes[i].Value / x[a].Value);
                var scale = policy == "not_larger" ? asked.Min() : asked.Max();
                foreach (var axis in axes)
                {
                    dims[axis] = (long)MathF.Round(scale * x[axis].Value, MidpointRounding.AwayFromZero);
                }
            }

            result = Ir.Shape.Of(dims);
        }

        c.Output(0, c.Element(0), result);
    }

    // [N, C·block, windows] → [N, C, image...]
    public static void Col2Im(InferenceContext c)
    {
        Shape? result = null;
        if (c.Shape(0) is { Rank: 3 } x && c.Length(1) is { } n)
        {
            var (image, block) = (c.Elements(1), c.Elements(2));
            var channels = block is null ? Dim.Unknown : DimMath.Div(x[1], DimMath.Product(block));
            result = Ir.Shape.Of([x[0], channels, .. image ?? Enumerable.Repeat(Dim.Unknown, n)]);
        }

        c.Output(0, c.Element(0), result);
    }

    /// <summary>Exporters write an empty tensor where they mean nothing.</summary>
    private static bool Given(InferenceContext c, int input) => c.Has(input) && c.Shape(input) is not { Count: 0 };

    // In float32, as ONNX Runtime multiplies; symbols by whole numbers and by halves, quarters, …
    private static Dim Scaled(Dim dim, float scale) =>
        scale == 1 ? dim
        : dim.IsKnown ? (long)(scale * dim.Value)
        : scale == MathF.Floor(scale) ? DimMath.Mul(dim, (long)scale)
        : 1 / scale is var part && part == MathF.Floor(part) && System.Numerics.BitOperations.IsPow2((long)part) ? DimMath.Div(dim, (long)part) : Dim.Unknown;

    private static float[]? Scales(Value? value) => value?.ConstantData is { Type: ElementType.Float, Count: > 0 } data ? data.As<float>().ToArray() : null;

    private static Dim[] Windows(InferenceContext c, Shape x, Dim[] kernel)
    {
        var n = x.Rank - 2;
        if (kernel.Length != n)
        {
            throw c.Contradiction($"a window of rank {kernel.Length} on {x}", $"rank {n}");
        }

        var (strides, dilations, pads) = (c.List("strides", n, 1), c.List("dilations", n, 1), c.List("pads", 2 * n, 0));
        var (mode, up) = (c.Node.Text("auto_pad", "NOTSET"), c.Node.Int("ceil_mode", 0) != 0);
        var dims = new Dim[n];
        for (var i = 0; i < n; i++)
        {
            var size = x[i + 2];
            if (strides[i] < 1 || dilations[i] < 1 || kernel[i].IsKnown && kernel[i].Value < 1)
            {
                throw c.Contradiction($"a window of {kernel[i]} with stride {strides[i]} and dilation {dilations[i]}", "each of them from 1 on");
            }

            if (mode.StartsWith("SAME", StringComparison.Ordinal))
            {
                dims[i] = DimMath.Div(DimMath.Add(size, strides[i] - 1), strides[i]);
                continue;
            }

            var window = DimMath.Add(DimMath.Mul(DimMath.Sub(kernel[i], 1), dilations[i]), 1);
            var padded = mode == "VALID" ? size : DimMath.Add(size, pads[i] + pads[i + n]);
            var room = DimMath.Sub(padded, window);
            dims[i] = DimMath.Add(DimMath.Div(up ? DimMath.Add(room, strides[i] - 1) : room, strides[i]), 1);
            // A window that would begin in the padding behind the data is left out.
            if (up && dims[i].IsKnown && size.IsKnown && (dims[i].Value - 1) * strides[i] >= size.Value + (mode == "VALID" ? 0 : pads[i]))
            {
                dims[i] = dims[i].Value - 1;
            }
        }

        return dims;
    }
}
