using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>Operators that are linear along an axis, y = M·x: the gradient is dX = Mᵀ·dY, axis by axis from the last on.</summary>
internal static class AxisMaps
{
    /// <summary>Brings <paramref name="dy"/> back along an axis; the axes behind it have the sizes of <paramref name="x"/> already.</summary>
    /// <param name="map">M [size in dY, size in x] for 0, its transpose for 1: where the map stands in a matrix [size in x, size in x] that the operator is applied to.</param>
    public static Value Back(GradientContext c, Value dy, Value x, int axis, Func<int, Value> map)
    {
        var (b, rank) = (c.Build, x.Shape!.Rank);
        if (axis == rank - 1)
        {
            return b.MatMul(dy, map(0)); // […, m]·[m, n]
        }

        if (axis == rank - 2)
        {
            return b.MatMul(map(1), dy); // [n, m]·[…, m, width]
        }

        long[] front = [.. Enumerable.Repeat(0L, axis + 1)];
        var product = b.MatMul(map(1), b.Reshape(dy, [.. front, -1])); // [n, m]·[…, m, inner]
        return b.Reshape(product, Target(c, front, x, axis + 1)); // […, n, inner…]
    }

    /// <summary>Sums of each <paramref name="count"/> neighbours along an axis: the map that repeats every element.</summary>
    public static Value Blocks(GradientContext c, Value dy, Value x, int axis, long count)
    {
        var (b, size) = (c.Build, x.Shape![axis]);
        long[] front = [.. Enumerable.Repeat(0L, axis), size.IsKnown ? size.Value : -1, count];
        return b.ReduceSum(b.Reshape(dy, Target(c, front, x, axis + 1)), [axis + 1], keepDims: false); // […, n, count, inner…]
    }

    /// <summary>An identity matrix as large as an axis of <paramref name="x"/>.</summary>
    public static Value Identity(GradientContext c, Value x, int axis) => Identity(c, x, Size(c, x, axis));

    /// <summary>An identity matrix of the type of <paramref name="x"/>.</summary>
    /// <param name="size">An int64 vector of one element.</param>
    public static Value Identity(GradientContext c, Value x, Value size)
    {
        var b = c.Build;
        var zero = x.Element == Files.ElementType.Double ? b.ConstantLike(x, 0) : b.Constant(0f); // the runtime has no EyeLike of narrower types
        var eye = b.Op("EyeLike", [b.Expand(zero, b.Concat(0, size, size))]);
        return eye.Element == x.Element || x.Element == Files.ElementType.Undefined ? eye : b.Cast(eye, x.Element);
    }

    /// <summary>The size of an axis as an int64 vector of one element.</summary>
    public static Value Size(GradientContext c, Value x, int axis) =>
        x.Shape is { } shape && shape[axis].IsKnown ? c.Build.Constant(shape[axis].Value) : c.Build.Shape(x, axis, axis + 1);

    /// <summary>A shape for Reshape: <paramref name="front"/>, then the sizes of <paramref name="x"/> from an axis on.</summary>
    private static Value Target(GradientContext c, long[] front, Value x, int from)
    {
        var (b, rest) = (c.Build, x.Shape!.Dims[from..].ToArray());
        return rest.Count(d => !d.IsKnown) <= (front.Contains(-1) ? 0 : 1)
            ? b.Constant([.. front, .. rest.Select(d => d.IsKnown ? d.Value : -1)])
            : b.Concat(0, b.Constant(front), b.Shape(x, from, x.Shape.Rank));
    }
}
