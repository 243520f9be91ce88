using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

internal static class Arithmetic
{
    // y = a + b
    public static IReadOnlyList<Value?> Add(GradientContext c) => [c.Dy, c.Dy];

    // y = a − b
    public static IReadOnlyList<Value?> Sub(GradientContext c) => [c.Dy, c.Needs(1) ? c.Build.Neg(c.Dy) : null];

    // y = a·b: da = dy·b, db = dy·a
    public static IReadOnlyList<Value?> Mul(GradientContext c) =>
    [
        c.Needs(0) ? c.Build.Mul(c.Dy, c.X(1)) : null,
        c.Needs(1) ? c.Build.Mul(c.Dy, c.X(0)) : null,
    ];

    // y = a/b: da = dy/b, db = −dy·y/b
    public static IReadOnlyList<Value?> Div(GradientContext c)
    {
        var b = c.Build;
        var da = b.Div(c.Dy, c.X(1));
        return [da, c.Needs(1) ? b.Neg(b.Mul(da, c.Y(0))) : null];
    }

    // y = x^p: dx = dy·p·x^(p−1), 0 where p = 0; dp = dy·y·ln x, 0 where x ≤ 0 (as PyTorch)
    public static IReadOnlyList<Value?> Pow(GradientContext c)
    {
        var b = c.Build;
        var (x, p) = (c.X(0), c.X(1));
        if (p.Element != x.Element)
        {
            p = b.Cast(p, x.Element);
        }

        Value? dx = null;
        if (c.Needs(0))
        {
            if (ConstantExponent(c.X(1)) is { } power)
            {
                dx = power switch
                {
                    0 => c.ZerosLike(c.Y(0)),
                    1 => c.Dy,
                    2 => b.Mul(c.Dy, c.Scaled(x, 2)),
                    _ => b.Mul(c.Dy, c.Scaled(b.Pow(x, b.ConstantLike(x, power - 1)), power)),
                };
            }
            else
            {
                var slope = b.Mul(p, b.Pow(x, b.Sub(p, b.ConstantLike(x, 1))));
                dx = b.Mul(c.Dy, b.Where(b.Equal(p, b.ConstantLike(x, 0)), b.ConstantLike(x, 0), slope));
            }
        }

        Value? dp = null;
        if (c.Needs(1))
        {
            var positive = b.Greater(x, b.ConstantLike(x, 0));
            var log = b.Log(b.Where(positive, x, b.ConstantLike(x, 1))); // ln 1 = 0 keeps NaN and −∞ out of the product
            dp = b.Mul(c.Dy, b.Mul(c.Y(0), log));
        }

        return [dx, dp];
    }

    // y = Σ xᵢ
    public static IReadOnlyList<Value?> Sum(GradientContext c) => [.. c.Node.Inputs.Select(_ => c.Dy)];

    // y = Σ xᵢ / n
    public static IReadOnlyList<Value?> Mean(GradientContext c)
    {
        var share = c.Node.Inputs.Count == 1 ? c.Dy : c.Scaled(c.Dy, 1.0 / c.Node.Inputs.Count);
        return [.. c.Node.Inputs.Select(_ => share)];
    }

    public static IReadOnlyList<Value?> Neg(GradientContext c) => [c.Build.Neg(c.Dy)];

    // |x|: dy·sign x, 0 at 0
    public static IReadOnlyList<Value?> Abs(GradientContext c) => [c.Build.Mul(c.Dy, c.Build.Sign(c.X(0)))];

    // √x: dy/(2y)
    public static IReadOnlyList<Value?> Sqrt(GradientContext c) => [c.Build.Div(c.Dy, c.Scaled(c.Y(0), 2))];

    // 1/x: −dy·y²
    public static IReadOnlyList<Value?> Reciprocal(GradientContext c) => [c.Build.Neg(c.Build.Mul(c.Dy, c.Build.Mul(c.Y(0), c.Y(0))))];

    // eˣ: dy·y
    public static IReadOnlyList<Value?> Exp(GradientContext c) => [c.Build.Mul(c.Dy, c.Y(0))];

    // ln x: dy/x
    public static IReadOnlyList<Value?> Log(GradientContext c) => [c.Build.Div(c.Dy, c.X(0))];

    // erf x: dy·2/√π·e^(−x²)
    public static IReadOnlyList<Value?> Erf(GradientContext c)
    {
        var b = c.Build;
        var bell = b.Exp(b.Neg(b.Mul(c.X(0), c.X(0))));
        return [b.Mul(c.Dy, c.Scaled(bell, 2 / Math.Sqrt(Math.PI)))];
    }

    // y = a − b·n, n the quotient rounded down (fmod = 0) or towards 0: da = dy, db = −dy·n, n between its steps a constant
    public static IReadOnlyList<Value?> Mod(GradientContext c)
    {
        var b = c.Build;
        Value? db = null;
        if (c.Needs(1))
        {
            var quotient = b.Op("Round", [b.Div(b.Sub(c.X(0), c.Y(0)), c.X(1))]); // whole but for the rounding of the division
            db = b.Neg(b.Mul(c.Dy, quotient));
        }

        return [c.Dy, db];
    }

    /// <summary>The exponent where it is one constant number.</summary>
    private static double? ConstantExponent(Value p) => p.ConstantData is { Count: 1 } data
        ? data.Type switch
        {
            Files.ElementType.Float => data.As<float>()[0],
            Files.ElementType.Double => data.As<double>()[0],
            Files.ElementType.Int64 => data.As<long>()[0],
            Files.ElementType.Int32 => data.As<int>()[0],
            _ => null,
        }
        : null;
}
