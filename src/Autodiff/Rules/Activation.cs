using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>Activations with a gradient operator of Microsoft's name use it: its native kernel, ours, or the body.</summary>
internal static class Activation
{
    private const string Microsoft = "com.microsoft";

    // dy where y > 0
    public static IReadOnlyList<Value?> Relu(GradientContext c) => [c.Build.Op("ReluGrad", [c.Dy, c.Y(0)], domain: Microsoft)];

    // dy where x > 0, α·dy elsewhere; the operator only looks at the sign, so x serves for every α where y would not for α ≤ 0
    public static IReadOnlyList<Value?> LeakyRelu(GradientContext c) =>
        [c.Build.Op("LeakyReluGrad", [c.Dy, c.X(0)], [("alpha", c.Node.Float("alpha", 0.01f))], Microsoft)];

    // y = x for x > 0, α(eˣ − 1) elsewhere: dy, or dy·(y + α)
    public static IReadOnlyList<Value?> Elu(GradientContext c)
    {
        var b = c.Build;
        var below = b.Mul(c.Dy, b.Add(c.Y(0), b.ConstantLike(c.X(0), c.Node.Float("alpha", 1))));
        return [b.Where(b.Greater(c.X(0), b.ConstantLike(c.X(0), 0)), c.Dy, below)];
    }

    // dy·y·(1 − y)
    public static IReadOnlyList<Value?> Sigmoid(GradientContext c) => [c.Build.Op("SigmoidGrad", [c.Dy, c.Y(0)], domain: Microsoft)];

    // dy·(1 − y²)
    public static IReadOnlyList<Value?> Tanh(GradientContext c) => [c.Build.Op("TanhGrad", [c.Dy, c.Y(0)], domain: Microsoft)];

    // ln(1 + eˣ): dy·sigmoid x
    public static IReadOnlyList<Value?> Softplus(GradientContext c) => [c.Build.Mul(c.Dy, c.Build.Sigmoid(c.X(0)))];

    // x·Φ(x): dy·(Φ(x) + x·φ(x)); approximate = tanh has the derivative of its own formula
    public static IReadOnlyList<Value?> Gelu(GradientContext c) =>
        [c.Build.Op(c.Node.Text("approximate", "none") == "tanh" ? "FastGeluGrad" : "GeluGrad", [c.Dy, c.X(0)], domain: Microsoft)];

    public static IReadOnlyList<Value?> MicrosoftGelu(GradientContext c) => [c.Build.Op("GeluGrad", [c.Dy, c.X(0)], domain: Microsoft)];

    // FastGelu(x [, bias]) = gelu_tanh(x + bias)
    public static IReadOnlyList<Value?> FastGelu(GradientContext c)
    {
        var sum = c.Node.Input(1) is { } bias ? c.Build.Add(c.X(0), bias) : c.X(0);
        var dx = c.Build.Op("FastGeluGrad", [c.Dy, sum], domain: Microsoft);
        return c.Node.Input(1) is null ? [dx] : [dx, dx];
    }

    // BiasGelu(x, bias) = gelu_erf(x + bias)
    public static IReadOnlyList<Value?> BiasGelu(GradientContext c)
    {
        var dx = c.Build.Op("GeluGrad", [c.Dy, c.Build.Add(c.X(0), c.X(1))], domain: Microsoft);
        return [dx, dx];
    }

    // x·sigmoid(αx)
    public static IReadOnlyList<Value?> QuickGelu(GradientContext c) =>
        [c.Build.Op("QuickGeluGrad", [c.Dy, c.X(0)], [("alpha", c.Node.Float("alpha", 1.702f))], Microsoft)];

    // x·sigmoid(αx)
    public static IReadOnlyList<Value?> Swish(GradientContext c) => [SwishGrad(c, c.Dy)];

    // a·sigmoid(αa)·b
    public static IReadOnlyList<Value?> SwiGlu(GradientContext c)
    {
        var (b, gate) = (c.Build, c.X(0));
        var alpha = c.Node.Float("alpha", 1);
        return
        [
            c.Needs(0) ? SwishGrad(c, b.Mul(c.Dy, c.X(1))) : null,
            c.Needs(1) ? b.Mul(c.Dy, b.Mul(gate, b.Sigmoid(alpha == 1 ? gate : c.Scaled(gate, alpha)))) : null,
        ];
    }

    // x where x > α, else 0
    public static IReadOnlyList<Value?> ThresholdedRelu(GradientContext c)
    {
        var b = c.Build;
        return [b.Where(b.Greater(c.X(0), b.ConstantLike(c.X(0), c.Node.Float("alpha", 1))), c.Dy, b.ConstantLike(c.Dy, 0))];
    }

    // x for x ≥ 0, slope·x below
    public static IReadOnlyList<Value?> PRelu(GradientContext c)
    {
        var b = c.Build;
        var (x, zero) = (c.X(0), b.ConstantLike(c.X(0), 0));
        var below = b.Less(x, zero);
        return
        [
            c.Needs(0) ? b.Where(below, b.Mul(c.Dy, c.X(1)), c.Dy) : null,
            c.Needs(1) ? b.Where(below, b.Mul(c.Dy, x), zero) : null,
        ];
    }

    // γ·x for x > 0, γ·(α·eˣ − α) below: dy·γ, or dy·(y + γα)
    public static IReadOnlyList<Value?> Selu(GradientContext c)
    {
        var b = c.Build;
        var (alpha, gamma) = ((double)c.Node.Float("alpha", 1.67326319217681884765625f), (double)c.Node.Float("gamma", 1.05070102214813232421875f));
        var below = b.Add(c.Y(0), b.ConstantLike(c.X(0), alpha * gamma));
        return [b.Mul(c.Dy, b.Where(b.Greater(c.X(0), b.ConstantLike(c.X(0), 0)), b.ConstantLike(c.X(0), gamma), below))];
    }

    // max(0, x) + min(0, α·(e^(x/α) − 1)): dy, or dy·e^(x/α) = dy·(y/α + 1)
    public static IReadOnlyList<Value?> Celu(GradientContext c)
    {
        var b = c.Build;
        var one = b.ConstantLike(c.X(0), 1);
        var below = b.Add(c.Scaled(c.Y(0), 1.0 / c.Node.Float("alpha", 1)), one);
        return [b.Mul(c.Dy, b.Where(b.Greater(c.X(0), b.ConstantLike(c.X(0), 0)), one, below))];
    }

    // x where |x| > λ, moved towards 0 by the bias, else 0
    public static IReadOnlyList<Value?> Shrink(GradientContext c)
    {
        var b = c.Build;
        return [b.Where(b.Greater(b.Abs(c.X(0)), b.ConstantLike(c.X(0), c.Node.Float("lambd", 0.5f))), c.Dy, b.ConstantLike(c.Dy, 0))];
    }

    // x/(1 + |x|): dy/(1 + |x|)²
    public static IReadOnlyList<Value?> Softsign(GradientContext c)
    {
        var b = c.Build;
        var divisor = b.Add(b.Abs(c.X(0)), b.ConstantLike(c.X(0), 1));
        return [b.Div(c.Dy, b.Mul(divisor, divisor))];
    }

    // αx + β held between 0 and 1: α·dy between them
    public static IReadOnlyList<Value?> HardSigmoid(GradientContext c)
    {
        var b = c.Build;
        var (zero, one) = (b.ConstantLike(c.X(0), 0), b.ConstantLike(c.X(0), 1));
        var inside = b.And(b.Greater(c.Y(0), zero), b.Less(c.Y(0), one));
        return [b.Where(inside, c.Scaled(c.Dy, c.Node.Float("alpha", 0.2f)), zero)];
    }

    // x·(x/6 + 1/2, held between 0 and 1): 0 up to −3, dy·(x/3 + 1/2), dy from 3 on
    public static IReadOnlyList<Value?> HardSwish(GradientContext c)
    {
        var (b, x) = (c.Build, c.X(0));
        var (three, zero) = (b.ConstantLike(x, 3), b.ConstantLike(x, 0));
        var between = b.Mul(c.Dy, b.Add(c.Scaled(x, 1.0 / 3), b.ConstantLike(x, 0.5)));
        return [b.Where(b.GreaterOrEqual(x, three), c.Dy, b.Where(b.LessOrEqual(x, b.ConstantLike(x, -3)), zero, between))];
    }

    // t = tanh(softplus x): x·t, dy·(t + x·(1 − t²)·sigmoid x)
    public static IReadOnlyList<Value?> Mish(GradientContext c)
    {
        var (b, x) = (c.Build, c.X(0));
        var t = b.Tanh(b.Softplus(x));
        var inner = b.Mul(b.Mul(x, b.Sigmoid(x)), b.Sub(b.ConstantLike(x, 1), b.Mul(t, t)));
        return [b.Mul(c.Dy, b.Add(t, inner))];
    }

    private static Value SwishGrad(GradientContext c, Value dy) =>
        c.Build.Op("QuickGeluGrad", [dy, c.X(0)], [("alpha", c.Node.Float("alpha", 1))], Microsoft);
}
