using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>
/// Pools over [N, C, spatial...]. Of several equal maxima of a window MaxPool gives the whole gradient to the one that the runtime's kernel takes, the first,
/// as PyTorch and Microsoft's MaxPoolGrad do; GlobalMaxPool shares evenly as ReduceMax does.
/// </summary>
internal static class Pooling
{
    // dY added up where output Indices (places in the whole of X) says that it came from
    public static IReadOnlyList<Value?> MaxPool(GradientContext c)
    {
        var (b, x) = (c.Build, c.X(0));
        var count = x.Shape?.Count is { } known ? b.Constant(known) : b.Unsqueeze(b.Size(x), 0);
        var flat = b.ScatterElements(b.Expand(b.ConstantLike(x, 0), count), b.Reshape(c.Y(1), -1), b.Reshape(c.Dy, -1), 0, "add");
        if (c.Node.Int("storage_order", 0) == 0)
        {
            return [c.ReshapeLike(flat, x)];
        }

        // Places count the spatial axes from the first on.
        var rank = Windows.Known(c, x).Rank;
        long[] reversed = [0, 1, .. Enumerable.Range(2, rank - 2).Reverse()];
        return [b.Transpose(b.Reshape(flat, b.Gather(c.ShapeOf(x), b.Constant(reversed))), reversed)];
    }

    // Each window's dY over the number of elements that it averages, to every one of them
    public static IReadOnlyList<Value?> AveragePool(GradientContext c)
    {
        var windows = Of(c);
        return [SumBack(c, windows, Averaged(c, windows))];
    }

    // y = (Σ|x|^p)^(1/p): sign(x)·|x|^(p−1)·Σ dY·y^(1−p) over the windows that x is in
    public static IReadOnlyList<Value?> LpPool(GradientContext c)
    {
        var p = c.Node.Int("p", 2);
        return [c.Build.Mul(Slope(c, c.X(0), p), SumBack(c, Of(c), OverNorm(c, p)))];
    }

    public static IReadOnlyList<Value?> GlobalAveragePool(GradientContext c)
    {
        var (b, x) = (c.Build, c.X(0));
        var shape = Windows.Known(c, x);
        var spatial = shape.Dims[2..].ToArray();
        var mean = Array.TrueForAll(spatial, d => d.IsKnown)
            ? c.Scaled(c.Dy, 1.0 / spatial.Aggregate(1L, (n, d) => n * d.Value))
            : b.Div(c.Dy, b.CastLike(b.Op("ReduceProd", [Windows.Spatial(c, x)], [("keepdims", 0)]), c.Dy));
        return [b.Expand(mean, c.ShapeOf(x))];
    }

    public static IReadOnlyList<Value?> GlobalMaxPool(GradientContext c)
    {
        var (b, x) = (c.Build, c.X(0));
        var largest = b.CastLike(b.Equal(x, c.Y(0)), x);
        var count = b.ReduceSum(largest, [.. Enumerable.Range(2, Windows.Known(c, x).Rank - 2)]);
        return [b.Mul(largest, b.Div(c.Dy, count))];
    }

    public static IReadOnlyList<Value?> GlobalLpPool(GradientContext c)
    {
        var p = c.Node.Int("p", 2);
        return [c.Build.Mul(Slope(c, c.X(0), p), OverNorm(c, p))];
    }

    private static Windows Of(GradientContext c) =>
        Windows.Of(c, Windows.Known(c, c.X(0)), c.Dy.Shape, [.. c.Node.Ints("kernel_shape")!.Select(Dim.Of)]);

    /// <summary>Every window's value added to each of its elements: a ConvTranspose with ones, channel by channel.</summary>
    private static Value SumBack(GradientContext c, Windows windows, Value values)
    {
        var (b, x) = (c.Build, c.X(0));
        var channels = b.Reshape(values, b.Concat(0, b.Constant(-1, 1), Windows.Spatial(c, values))); // [N·C, 1, count...]
        var ones = b.Expand(b.ConstantLike(values, 1), b.Constant([1, 1, .. windows.Kernel.Select(k => k.Value)])); // [1, 1, kernel...]
        return c.ReshapeLike(windows.Spread(c, channels, ones, x), x);
    }

    /// <summary>Of more windows the numbers are left to the run: storing them would cost more than computing them.</summary>
    private const long MostCounted = 16_384;

    private static Value Averaged(GradientContext c, Windows windows)
    {
        var (up, padded) = (c.Node.Int("ceil_mode", 0) != 0, c.Node.Int("count_include_pad", 0) != 0);
        var dy = c.Dy;
        for (var i = 0; i < windows.Rank; i++)
        {
            if (!up && (padded || windows.Before[i] == 0 && windows.After[i] == 0))
            {
                dy = c.Scaled(dy, 1.0 / windows.Kernel[i].Value);
            }
            else
            {
                long[] aside = [-1, .. Enumerable.Repeat(1L, windows.Rank - 1 - i)];
                dy = c.Build.Div(dy, c.Build.Reshape(c.Build.CastLike(Counted(c, windows, i, padded), dy), aside));
            }
        }

        return dy;
    }

    /// <summary>How many positions of each window along an axis lie in the data (with <paramref name="padded"/>: or in its padding), int64 [count].</summary>
    private static Value Counted(GradientContext c, Windows windows, int axis, bool padded)
    {
        var b = c.Build;
        var (size, count) = (c.X(0).Shape![axis + 2], c.Dy.Shape![axis + 2]);
        var (kernel, stride, dilation, before, after) = (windows.Kernel[axis].Value, windows.Strides[axis], windows.Dilations[axis], windows.Before[axis], windows.After[axis]);
        var (low, beyond) = padded ? (-before, after) : (0, 0);
        // Positions below a bound: the distance to it over the dilation, rounded up, between 0 and the kernel's size.
        if (size.IsKnown && count.IsKnown && count.Value <= MostCounted)
        {
            long Under(long distance) => distance <= 0 ? 0 : Math.Min(((distance - 1) / dilation) + 1, kernel);
            return b.Constant([.. Enumerable.Range(0, (int)count.Value).Select(o => before - (o * stride)).Select(back => Under(size.Value + beyond + back) - Under(low + back))]);
        }

        Value Whole(long value) => b.Constant(Tensor.Scalar(value));
        Value Below(Value distance) => b.Max(b.Min(dilation == 1 ? distance : b.Div(b.Add(distance, Whole(dilation - 1)), Whole(dilation)), Whole(kernel)), Whole(0));
        var starts = b.Sub(b.Mul(b.Range(Whole(0), b.Squeeze(b.Shape(c.Dy, axis + 2, axis + 3), 0), Whole(1)), Whole(stride)), Whole(before)); // [count]
        var end = b.Add(b.Shape(c.X(0), axis + 2, axis + 3), Whole(beyond)); // [1]
        return b.Sub(Below(b.Sub(end, starts)), Below(b.Sub(Whole(low), starts)));
    }

    /// <summary>sign(x)·|x|^(p−1)</summary>
    private static Value Slope(GradientContext c, Value x, long p)
    {
        var b = c.Build;
        return p switch
        {
            1 => b.Sign(x),
            2 => x,
            _ => b.Mul(b.Sign(x), b.Pow(b.Abs(x), b.ConstantLike(x, p - 1))),
        };
    }

    /// <summary>dY·y^(1−p), 0 where the norm is.</summary>
    private static Value OverNorm(GradientContext c, long p)
    {
        if (p == 1)
        {
            return c.Dy;
        }

        var (b, y) = (c.Build, c.Y(0));
        var none = b.Equal(y, b.ConstantLike(y, 0));
        var norm = b.Where(none, b.ConstantLike(y, 1), y);
        var scaled = b.Div(c.Dy, p == 2 ? norm : b.Pow(norm, b.ConstantLike(y, p - 1)));
        return b.Where(none, b.ConstantLike(y, 0), scaled);
    }
}
