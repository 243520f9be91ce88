using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>Trigonometric and hyperbolic functions and their inverses, which have no gradient operators of their own.</summary>
internal static class Trigonometry
{
    // dy·cos x
    public static IReadOnlyList<Value?> Sin(GradientContext c) => [c.Build.Mul(c.Dy, c.Build.Cos(c.X(0)))];

    // −dy·sin x
    public static IReadOnlyList<Value?> Cos(GradientContext c) => [c.Build.Neg(c.Build.Mul(c.Dy, c.Build.Sin(c.X(0))))];

    // dy·(1 + y²)
    public static IReadOnlyList<Value?> Tan(GradientContext c) => [c.Build.Mul(c.Dy, OnePlusSquare(c, c.Y(0)))];

    // dy·cosh x
    public static IReadOnlyList<Value?> Sinh(GradientContext c) => [c.Build.Mul(c.Dy, c.Build.Op("Cosh", [c.X(0)]))];

    // dy·sinh x
    public static IReadOnlyList<Value?> Cosh(GradientContext c) => [c.Build.Mul(c.Dy, c.Build.Op("Sinh", [c.X(0)]))];

    // dy/√(1 − x²)
    public static IReadOnlyList<Value?> Asin(GradientContext c) => [c.Build.Div(c.Dy, c.Build.Sqrt(OneMinusSquare(c)))];

    // −dy/√(1 − x²)
    public static IReadOnlyList<Value?> Acos(GradientContext c) => [c.Build.Neg(c.Build.Div(c.Dy, c.Build.Sqrt(OneMinusSquare(c))))];

    // dy/(1 + x²)
    public static IReadOnlyList<Value?> Atan(GradientContext c) => [c.Build.Div(c.Dy, OnePlusSquare(c, c.X(0)))];

    // dy/√(1 + x²)
    public static IReadOnlyList<Value?> Asinh(GradientContext c) => [c.Build.Div(c.Dy, c.Build.Sqrt(OnePlusSquare(c, c.X(0))))];

    // dy/√(x² − 1), the difference of squares as a product: near 1 it keeps its digits
    public static IReadOnlyList<Value?> Acosh(GradientContext c)
    {
        var (b, x, one) = (c.Build, c.X(0), c.Build.ConstantLike(c.X(0), 1));
        return [b.Div(c.Dy, b.Sqrt(b.Mul(b.Sub(x, one), b.Add(x, one))))];
    }

    // dy/(1 − x²)
    public static IReadOnlyList<Value?> Atanh(GradientContext c) => [c.Build.Div(c.Dy, OneMinusSquare(c))];

    private static Value OnePlusSquare(GradientContext c, Value x) => c.Build.Add(c.Build.Mul(x, x), c.Build.ConstantLike(x, 1));

    // (1 − x)·(1 + x)
    private static Value OneMinusSquare(GradientContext c)
    {
        var (b, x, one) = (c.Build, c.X(0), c.Build.ConstantLike(c.X(0), 1));
        return b.Mul(b.Sub(one, x), b.Add(one, x));
    }
}
