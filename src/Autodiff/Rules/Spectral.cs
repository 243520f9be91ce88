using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>
/// DFT: y = F·x along an axis, complex numbers as pairs in the last. The gradient is the conjugate transpose of F times dY, and that is the transform in the
/// other direction without its factor.
/// </summary>
internal static class Spectral
{
    public static IReadOnlyList<Value?> DftOfAttribute(GradientContext c) => Dft(c, c.Node.Int("axis", 1), null);

    public static IReadOnlyList<Value?> DftOfInput(GradientContext c)
    {
        if (c.Node.Input(2) is not { } given)
        {
            return Dft(c, -2, null);
        }

        var data = given.ConstantData ?? throw new AutodiffException($"{c.Node.Describe()}: the gradient needs to know the axis. Make '{given.Name}' a constant.");
        return Dft(c, Movement.Integers(data)[0], given);
    }

    /// <param name="given">The axis as an input, which it is from opset 20 on.</param>
    private static Value?[] Dft(GradientContext c, long axis, Value? given)
    {
        var (b, x, inverse, half) = (c.Build, c.X(0), c.Node.Int("inverse", 0) != 0, c.Node.Int("onesided", 0) != 0);
        var rank = Windows.Known(c, x).Rank;
        axis += axis < 0 ? rank : 0;
        if (inverse && half)
        {
            throw new AutodiffException($"{c.Node.Describe()}: no gradient of an inverse transform of one side. Export the model with both sides.");
        }

        var own = AxisMaps.Size(c, x, (int)axis); // [1]
        var length = c.Node.Input(1) is { } wanted ? b.Reshape(b.Cast(wanted, ElementType.Int64), 1) : own;
        Value Resized(Value value, Value to) => b.Pad(value, b.Concat(0, b.Constant(0), b.Sub(to, b.Shape(value, axis, axis + 1))), axes: b.Constant(axis));
        var dy = half ? Resized(c.Dy, length) : c.Dy; // what was left out has no gradient
        (string, AttributeValue)[] attributes = [("inverse", inverse ? 0 : 1), .. given is null && c.Node.Attributes.ContainsKey("axis") ? new (string, AttributeValue)[] { ("axis", axis) } : []];
        var back = b.Op("DFT", [dy, null, given], attributes);
        var count = b.CastLike(length, dy);
        var dx = inverse ? b.Div(back, count) : b.Mul(back, count);
        dx = c.Node.Input(1) is null ? dx : Resized(dx, own);
        var parts = x.Shape![rank - 1];
        if (!parts.IsKnown)
        {
            throw new AutodiffException($"{c.Node.Describe()}: whether '{x.Name}' holds real or complex numbers (last axis 1 or 2) is not known, the gradient needs the sizes. Declare them at the graph inputs.");
        }

        return [parts.Value == 2 ? dx : b.Slice(dx, b.Constant(0), b.Constant(1), b.Constant(rank - 1)), null, null];
    }
}
