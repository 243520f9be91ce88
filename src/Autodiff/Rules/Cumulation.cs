using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>Running sums and products along an axis, forwards or backwards, with or without the element itself.</summary>
internal static class Cumulation
{
    // Each element is part of every sum from its own on: the sum of their gradients, from the other end
    public static IReadOnlyList<Value?> CumSum(GradientContext c) => [FromTheOtherEnd(c, c.Dy), null];

    // yₖ = ∏ xⱼ up to k: dxᵢ = Σ from i on of dyₖ·yₖ/xᵢ. Nothing is divided by 0: for the first zero of a line the products are taken without it,
    // and what comes after it has no influence.
    public static IReadOnlyList<Value?> CumProd(GradientContext c)
    {
        var b = c.Build;
        var (x, axis) = (c.X(0), c.X(1));
        var (zero, one) = (b.ConstantLike(x, 0), b.ConstantLike(x, 1));
        var isZero = b.Equal(x, zero);
        var count = b.Op("CumSum", [b.Cast(isZero, x.Element), axis], [("reverse", Reverse(c))]); // of zeros up to here
        var isFirst = b.And(isZero, b.Equal(count, one));

        var before = b.Div(FromTheOtherEnd(c, b.Mul(c.Dy, c.Y(0))), b.Where(isZero, one, x));
        var without = b.Op("CumProd", [b.Where(isFirst, one, x), axis], [("exclusive", Exclusive(c)), ("reverse", Reverse(c))]);
        var first = FromTheOtherEnd(c, b.Mul(c.Dy, without));
        return [b.Where(b.Equal(count, zero), before, b.Where(isFirst, first, zero)), null];
    }

    private static Value FromTheOtherEnd(GradientContext c, Value x) =>
        c.Build.Op("CumSum", [x, c.X(1)], [("exclusive", Exclusive(c)), ("reverse", 1 - Reverse(c))]);

    private static long Exclusive(GradientContext c) => c.Node.Int("exclusive", 0) != 0 ? 1 : 0;

    private static long Reverse(GradientContext c) => c.Node.Int("reverse", 0) != 0 ? 1 : 0;
}
