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
}
