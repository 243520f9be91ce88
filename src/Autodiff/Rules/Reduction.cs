using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

internal static class Reduction
{
    // y = Σ x over the axes: dy spread over them again
    public static IReadOnlyList<Value?> Sum(GradientContext c) => [Spread(c, c.Dy)];

    // y = Σ x / n: dy/n spread, where n = elements of x per element of y
    public static IReadOnlyList<Value?> Mean(GradientContext c)
    {
        var b = c.Build;
        var (x, y) = (c.X(0), c.Y(0));
        if (IsCopy(c))
        {
            return [c.Dy];
        }

        if (Averaged(c) is { } known)
        {
            return [Spread(c, c.Scaled(c.Dy, 1.0 / known))];
        }

        var size = b.Size(x);
        var count = b.Cast(y.Shape?.Count is not { } results ? b.Div(size, b.Size(y)) : results == 1 ? size : b.Div(size, b.Constant(Tensor.Scalar(results))), x.Element);
        return [Spread(c, b.Div(c.Dy, count))];
    }

    // The elements that equal the result share its gradient evenly.
    public static IReadOnlyList<Value?> MaxOrMin(GradientContext c)
    {
        var b = c.Build;
        var chosen = b.Cast(b.Equal(c.X(0), Kept(c, c.Y(0))), c.Dy.Element);
        return [b.Mul(chosen, b.Div(Kept(c, c.Dy), SumAgain(c, chosen)))];
    }

    // y = ∏ x: dy·(the product of the other elements). Zeros are left out of the product and counted, so that nothing is divided by 0:
    // an element has a gradient if it is the only zero or if there is none.
    public static IReadOnlyList<Value?> Prod(GradientContext c)
    {
        var b = c.Build;
        var (x, zero, one) = (c.X(0), b.ConstantLike(c.X(0), 0), b.ConstantLike(c.X(0), 1));
        var isZero = b.Equal(x, zero);
        var others = b.Where(isZero, one, x);
        var product = Again(c, "ReduceProd", others);
        var own = b.Cast(isZero, x.Element);
        var slope = b.Where(b.Equal(own, SumAgain(c, own)), b.Div(product, others), zero);
        return [b.Mul(Kept(c, c.Dy), slope)];
    }

    // y = Σ |x|: dy·sign x, 0 at 0
    public static IReadOnlyList<Value?> L1(GradientContext c) => [c.Build.Mul(Kept(c, c.Dy), c.Build.Sign(c.X(0)))];

    // y = √Σ x²: dy·x/y, 0 where all are 0
    public static IReadOnlyList<Value?> L2(GradientContext c)
    {
        var b = c.Build;
        var divisor = b.Where(b.Equal(c.Y(0), b.ConstantLike(c.Y(0), 0)), b.ConstantLike(c.Y(0), 1), c.Y(0));
        return [b.Mul(c.X(0), Kept(c, b.Div(c.Dy, divisor)))];
    }

    // y = Σ x²: dy·2x
    public static IReadOnlyList<Value?> SumSquare(GradientContext c) => [c.Build.Mul(c.X(0), Kept(c, c.Scaled(c.Dy, 2)))];

    // y = ln Σ x: dy/Σ x = dy/eʸ
    public static IReadOnlyList<Value?> LogSum(GradientContext c) => [Spread(c, c.Build.Div(c.Dy, c.Build.Exp(c.Y(0))))];

    // y = ln Σ eˣ: dy·e^(x − y)
    public static IReadOnlyList<Value?> LogSumExp(GradientContext c) =>
        [c.Build.Mul(Kept(c, c.Dy), c.Build.Exp(c.Build.Sub(c.X(0), Kept(c, c.Y(0)))))];

    /// <summary>The number of elements that went into one, where it is known though other dimensions may not be.</summary>
    private static long? Averaged(GradientContext c)
    {
        if (c.X(0).Shape is not { } shape || Axes(c, shape.Rank) is not { } axes || !axes.All(a => shape[a].IsKnown))
        {
            return null;
        }

        return axes.Aggregate(1L, (n, a) => n * shape[a].Value);
    }

    /// <summary>No axes with noop_with_empty_axes: the operator copies.</summary>
    private static bool IsCopy(GradientContext c) =>
        c.Node.Int("noop_with_empty_axes", 0) != 0 && (c.Node.Input(1) is not { } axes || axes.ConstantData is { Count: 0 });

    /// <summary>The reduced axes, 0 ≤ axis &lt; rank; null where they are not known.</summary>
    private static int[]? Axes(GradientContext c, int rank)
    {
        if (c.Node.Input(1) is not { } input)
        {
            return [.. Enumerable.Range(0, rank)];
        }

        if (input.ConstantData is not { } data)
        {
            return null;
        }

        var axes = data.As<long>().ToArray();
        return axes.Length == 0 ? [.. Enumerable.Range(0, rank)] : [.. axes.Select(a => (int)(a < 0 ? a + rank : a))];
    }

    /// <summary><paramref name="dy"/> repeated along the reduced axes until it has the shape of the input.</summary>
    private static Value Spread(GradientContext c, Value dy) => IsCopy(c) ? dy : c.Build.Expand(Kept(c, dy), c.ShapeOf(c.X(0)));

    /// <summary>A value of the result's shape with the reduced axes there again, of size 1: it broadcasts to the input.</summary>
    private static Value Kept(GradientContext c, Value y)
    {
        if (IsCopy(c) || c.Node.Int("keepdims", 1) != 0)
        {
            return y;
        }

        var b = c.Build;
        return c.X(0).Shape is { } shape && Axes(c, shape.Rank) is { } axes
            ? axes.Length == 0 ? y : b.Unsqueeze(y, [.. axes.Select(a => (long)a)])
            : c.Node.Input(1) is { } dynamic
                ? b.Op("Unsqueeze", [y, dynamic])
                : y; // everything reduced to a scalar, which broadcasts as it is
    }

    /// <summary>A reduction over the node's axes, which stay with size 1.</summary>
    private static Value Again(GradientContext c, string op, Value x) =>
        c.Build.Op(op, [x, c.Node.Input(1)], c.Node.Int("noop_with_empty_axes", 0) != 0 ? [("keepdims", 1), ("noop_with_empty_axes", 1)] : [("keepdims", 1)]);

    private static Value SumAgain(GradientContext c, Value x) => Again(c, "ReduceSum", x);
}
