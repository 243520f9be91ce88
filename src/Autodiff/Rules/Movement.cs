using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>Operators that move, repeat or drop elements and compute nothing.</summary>
internal static class Movement
{
    public static IReadOnlyList<Value?> Identity(GradientContext c) => [c.Dy];

    public static IReadOnlyList<Value?> Cast(GradientContext c) => [c.Dy.Element == c.X(0).Element ? c.Dy : c.Build.Cast(c.Dy, c.X(0).Element)];

    // Reshape, Flatten, Squeeze, Unsqueeze: the elements in the same order, the input's shape again
    public static IReadOnlyList<Value?> Reshaped(GradientContext c) => [c.ReshapeLike(c.Dy, c.X(0))];

    public static IReadOnlyList<Value?> Transpose(GradientContext c)
    {
        if (c.Node.Ints("perm") is not { } perm)
        {
            return [c.Build.Transpose(c.Dy)]; // all axes reversed: its own inverse
        }

        var inverse = new long[perm.Count];
        for (var i = 0; i < inverse.Length; i++)
        {
            inverse[perm[i]] = i;
        }

        return [c.Build.Transpose(c.Dy, inverse)];
    }

    // The walker sums over what was repeated.
    public static IReadOnlyList<Value?> Expand(GradientContext c) => [c.Dy];

    // The same triangle of dy
    public static IReadOnlyList<Value?> Trilu(GradientContext c) => [c.Build.Op("Trilu", [c.Dy, c.Node.Input(1)], [("upper", c.Node.Int("upper", 1))]), null];

    // dy laid out as [repeats₀, size₀, repeats₁, size₁, …], summed over the repeats
    public static IReadOnlyList<Value?> Tile(GradientContext c)
    {
        var (b, x, repeats) = (c.Build, c.X(0), c.X(1));
        if (x.Shape is { Rank: 0 })
        {
            return [c.Dy, null];
        }

        var known = x.Shape is { } shape && repeats.ConstantData is { } data && shape.Count(d => !d.IsKnown) <= 1
            ? shape.SelectMany((d, i) => new[] { data.As<long>()[i], d.IsKnown ? d.Value : -1 }).ToArray() : null;
        var target = known is not null && !known.Contains(0)
            ? b.Constant(known)
            : b.Reshape(b.Concat(1, b.Unsqueeze(repeats, 1), b.Unsqueeze(c.ShapeOf(x), 1)), -1); // [2·rank]
        var axes = x.Shape is { Rank: var rank }
            ? b.Constant([.. Enumerable.Range(0, rank).Select(i => 2L * i)])
            : b.Range(b.Constant(Tensor.Scalar(0L)), b.Size(target), b.Constant(Tensor.Scalar(2L)));
        return [b.ReduceSum(b.Reshape(c.Dy, target), axes, keepDims: false), null];
    }

    // Each input's part of dy
    public static IReadOnlyList<Value?> Concat(GradientContext c)
    {
        var b = c.Build;
        var axis = c.Node.Int("axis", 0);
        var inputs = c.Node.Inputs.Select(x => x!).ToArray();
        if (inputs.Length == 1)
        {
            return [c.Dy];
        }

        var known = inputs.All(x => x.Shape is { } s && s.At(axis).IsKnown);
        var sizes = known
            ? b.Constant(inputs.Select(x => x.Shape!.At(axis).Value).ToArray())
            : b.Concat(0, inputs.Select(x => Extent(c, x, axis)).ToArray());
        return b.Split(c.Dy, sizes, inputs.Length, axis);
    }

    // The parts' gradients side by side, zeros for a part on which the loss does not depend
    public static IReadOnlyList<Value?> Split(GradientContext c)
    {
        var parts = c.Node.Outputs.Select((y, i) => c.DyOrNull(i) ?? c.ZerosLike(c.Y(i))).ToArray();
        return [parts.Length == 1 ? parts[0] : c.Build.Concat(c.Node.Int("axis", 0), parts)];
    }

    // dy where it was cut from, zeros around it
    public static IReadOnlyList<Value?> Slice(GradientContext c)
    {
        if (ConstantPads(c) is { } pads)
        {
            return [pads.All(p => p == 0) ? c.Dy : c.Build.Pad(c.Dy, c.Build.Constant(pads))];
        }

        var b = c.Build;
        Value?[] places = [c.X(1), c.X(2), c.Node.Input(3), c.Node.Input(4)];
        if (c.Node.Input(4) is { } steps && !(steps.ConstantData is { } known && Integers(known).All(s => s > 0)))
        {
            return [Returned(c, places)];
        }

        return [b.Op("SliceGrad", [c.Dy, c.ShapeOf(c.X(0)), .. places], domain: "com.microsoft")];
    }

    /// <summary>
    /// The same without SliceGrad, of which Microsoft's kernel knows no negative steps: a slice of an array of positions tells where each element of dy was taken from, and
    /// none was taken twice.
    /// </summary>
    private static Value Returned(GradientContext c, Value?[] places)
    {
        var (b, shape) = (c.Build, c.ShapeOf(c.X(0)));
        var size = b.Size(c.X(0));
        var positions = b.Reshape(b.Range(b.Constant(Tensor.Scalar(0L)), size, b.Constant(Tensor.Scalar(1L))), shape); // as x
        var taken = b.Reshape(b.Op("Slice", [positions, .. places]), -1); // [elements of dy]
        var zeros = b.Expand(b.ConstantLike(c.Dy, 0), b.Unsqueeze(size, 0)); // [elements of x]
        return b.Reshape(b.ScatterElements(zeros, taken, b.Reshape(c.Dy, -1), 0, "none"), shape);
    }

    // Its own inverse
    public static IReadOnlyList<Value?> ReverseSequence(GradientContext c) =>
        [c.Build.Op("ReverseSequence", [c.Dy, c.X(1)], [("batch_axis", c.Node.Int("batch_axis", 1)), ("time_axis", c.Node.Int("time_axis", 0))]), null];

    // The opposite operator; of CRD, which has none, the steps of its definition backwards
    public static IReadOnlyList<Value?> DepthToSpace(GradientContext c)
    {
        var (b, block) = (c.Build, c.Node.Int("blocksize", 1));
        var depth = b.Op("SpaceToDepth", [c.Dy], [("blocksize", block)]); // [N, block·block·C, H, W]
        if (c.Node.Text("mode", "DCR") == "DCR")
        {
            return [depth];
        }

        Value Laid(Value x, params ReadOnlySpan<long> front) => b.Reshape(x, b.Concat(0, b.Constant(front), Windows.Spatial(c, depth)));
        var parts = b.Transpose(Laid(depth, 0, block * block, -1), 0, 2, 1, 3, 4); // [N, block·block, C, H, W] → [N, C, block·block, H, W]
        return [Laid(parts, 0, -1)];
    }

    public static IReadOnlyList<Value?> SpaceToDepth(GradientContext c) => [c.Build.Op("DepthToSpace", [c.Dy], [("blocksize", c.Node.Int("blocksize", 1))])];

    // The rows of dy added up where they were taken from
    public static IReadOnlyList<Value?> Gather(GradientContext c) =>
        [c.Build.Op("GatherGrad", [c.ShapeOf(c.X(0)), c.X(1), c.Dy], [("axis", c.Node.Int("axis", 0))], "com.microsoft"), null];

    private static Value Extent(GradientContext c, Value x, long axis) => x.Shape is { } shape && shape.At(axis).IsKnown
        ? c.Build.Constant(shape.At(axis).Value)
        : axis == -1 ? c.Build.Op("Shape", [x], [("start", axis)]) : c.Build.Shape(x, axis, axis + 1);

    /// <summary>How many zeros to put before and after dy on every axis, where starts, ends and the cut dimensions are constants and steps are 1.</summary>
    private static long[]? ConstantPads(GradientContext c)
    {
        if (c.X(0).Shape is not { } shape || c.X(1).ConstantData is not { } starts || c.X(2).ConstantData is not { } ends)
        {
            return null;
        }

        if (c.Node.Input(4) is { } steps && (steps.ConstantData is not { } stride || !Integers(stride).All(s => s == 1)))
        {
            return null;
        }

        var (first, last) = (Integers(starts), Integers(ends));
        var axes = Enumerable.Range(0, first.Length).Select(i => (long)i).ToArray();
        if (c.Node.Input(3) is { } given)
        {
            if (given.ConstantData is not { } data)
            {
                return null;
            }

            axes = Integers(data);
        }

        var pads = new long[2 * shape.Rank];
        for (var i = 0; i < axes.Length; i++)
        {
            var axis = (int)(axes[i] < 0 ? axes[i] + shape.Rank : axes[i]);
            if (!shape[axis].IsKnown)
            {
                return null;
            }

            var size = shape[axis].Value;
            var from = Math.Clamp(first[i] < 0 ? first[i] + size : first[i], 0, size);
            var to = Math.Clamp(last[i] < 0 ? last[i] + size : last[i], 0, size);
            pads[axis] = from;
            pads[axis + shape.Rank] = size - Math.Max(from, to);
        }

        return pads;
    }

    /// <summary>The elements of an int32 or int64 tensor.</summary>
    internal static long[] Integers(Tensor data) =>
        data.Type == ElementType.Int32 ? Array.ConvertAll(data.As<int>().ToArray(), i => (long)i) : data.As<long>().ToArray();
}
