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
    private static Value Spread(GradientContext c, Value dy)
    {
        var b = c.Build;
        var x = c.X(0);
        if (IsCopy(c))
        {
            return dy;
        }

        if (c.Node.Int("keepdims", 1) == 0)
        {
            dy = x.Shape is { } shape && Axes(c, shape.Rank) is { } axes
                ? axes.Length == 0 ? dy : b.Unsqueeze(dy, [.. axes.Select(a => (long)a)])
                : c.Node.Input(1) is { } dynamic
                    ? b.Op("Unsqueeze", [dy, dynamic])
                    : dy; // everything reduced to a scalar, which broadcasts as it is
        }

        return b.Expand(dy, c.ShapeOf(x));
    }
}
