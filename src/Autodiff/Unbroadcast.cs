using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff;

/// <summary>Undoes broadcasting: an element that was used several times gets the sum of the gradients of its uses.</summary>
internal static class Unbroadcast
{
    /// <summary>Sums <paramref name="gradient"/> over the axes along which <paramref name="x"/> was repeated, so that it has the shape of x.</summary>
    public static Value ToShapeOf(GradientContext c, Value gradient, Value x)
    {
        if (x.Shape is not { } wanted || gradient.Shape is not { } found)
        {
            return Dynamic(c, gradient, x);
        }

        if (ReferenceEquals(wanted, found) || wanted.IsSameAs(found))
        {
            return gradient;
        }

        var extra = found.Rank - wanted.Rank;
        if (extra < 0)
        {
            // The rule's result itself is still to be broadcast (a scalar factor, say).
            return c.Build.Expand(gradient, c.ShapeOf(x));
        }

        List<long> leading = [.. Enumerable.Range(0, extra).Select(i => (long)i)];
        List<long> repeated = [];
        for (var i = 0; i < wanted.Rank; i++)
        {
            var (w, f) = (wanted[i], found[i + extra]);
            if (w.IsSameAs(f))
            {
                continue;
            }

            if (w.Is(1))
            {
                repeated.Add(i + extra);
            }
            else if (!w.IsKnown && !f.Is(1))
            {
                return Dynamic(c, gradient, x); // this name may turn out to be 1 at run time
            }
        }

        var b = c.Build;
        if (repeated.Count == 0)
        {
            return leading.Count == 0 ? gradient : b.ReduceSum(gradient, leading.ToArray(), keepDims: false);
        }

        if (leading.Count == 0)
        {
            return b.ReduceSum(gradient, repeated.ToArray());
        }

        return c.ReshapeLike(b.ReduceSum(gradient, [.. leading, .. repeated]), x);
    }

    /// <summary>Axes are found at run time: those where the shape of x, filled up with ones in front, is 1.</summary>
    private static Value Dynamic(GradientContext c, Value gradient, Value x)
    {
        var b = c.Build;
        var shape = c.ShapeOf(x);
        var missing = b.Sub(b.Size(b.Shape(gradient)), b.Size(shape));
        var ones = b.ConstantOfShape(b.Unsqueeze(missing, 0), Tensor.Vector(1L));
        var aligned = b.Concat(0, ones, shape); // as long as the gradient's shape
        var axes = b.Squeeze(b.Op("NonZero", [b.Equal(aligned, b.Constant(Tensor.Scalar(1L)))]), 0);
        var sum = b.Op("ReduceSum", [gradient, axes], [("keepdims", 1), ("noop_with_empty_axes", 1)]);
        var result = b.Reshape(sum, shape);
        result.Type = new TensorType(gradient.Element, x.Shape);
        return result;
    }
}
