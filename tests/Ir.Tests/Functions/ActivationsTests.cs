using NUnit.Framework;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Functions;

public sealed class ActivationsTests
{
    private static readonly Array64 X = new(new[] { -7.5, -2, -1.1, -0.3, 1e-4, 0.2, 0.9, 1.7, 3, 8 }, 2, 5);
    private static readonly Array64 DY = Calls.Random(1, 2, 5);

    [TestCase("ReluGrad", "Relu", "", true)]
    [TestCase("ReluGrad", "Relu", "", false)]
    [TestCase("LeakyReluGrad", "LeakyRelu", "", true)]
    [TestCase("LeakyReluGrad", "LeakyRelu", "", false)]
    [TestCase("SigmoidGrad", "Sigmoid", "", true)]
    [TestCase("TanhGrad", "Tanh", "", true)]
    [TestCase("GeluGrad", "Gelu", Calls.Microsoft, false)]
    [TestCase("FastGeluGrad", "FastGelu", Calls.Microsoft, false)]
    [TestCase("QuickGeluGrad", "QuickGelu", Calls.Microsoft, false)]
    public void Body_OfActivationGradient_IsTheDerivative(string op, string forward, string domain, bool ofOutput)
    {
        Array64 F(Array64 x) => Calls.Forward(forward, domain, [], x);
        var dX = Calls.Gradient(op, DY, ofOutput ? F(X) : X);
        Assert.That(dX.Doubles, Is.EqualTo(Calls.Differences(X, DY, F)).Within(1e-8));
        Assert.That(dX.Dims, Is.EqualTo(X.Dims));
    }

    [TestCase("LeakyReluGrad", "LeakyRelu", "")]
    [TestCase("QuickGeluGrad", "QuickGelu", Calls.Microsoft)]
    public void Body_WithAlpha_UsesTheNodesAlpha(string op, string forward, string domain)
    {
        Array64 F(Array64 x) => Calls.Forward(forward, domain, [("alpha", 0.3f)], x);
        var dX = Calls.Run(op, Calls.Microsoft, 1, [("alpha", 0.3f)], DY, X)[0];
        Assert.That(dX.Doubles, Is.EqualTo(Calls.Differences(X, DY, F)).Within(1e-8));
    }

    [TestCase("BiasGeluGrad_dX", "BiasGelu")]
    [TestCase("BiasFastGeluGrad_dX", "FastGelu")]
    public void Body_WithBias_IsTheDerivativeAtTheSum(string op, string forward)
    {
        var bias = Calls.Random(2, 5);
        var dX = Calls.Gradient(op, DY, X, bias);
        Assert.That(dX.Doubles, Is.EqualTo(Calls.Differences(X, DY, x => Calls.Forward(forward, Calls.Microsoft, [], x, bias))).Within(1e-8));
    }

    [Test]
    public void ReluGrad_AtZero_IsZero() =>
        Assert.That(Calls.Gradient("ReluGrad", new(new[] { 5.0, 5 }, 2), new(new[] { 0.0, -0.0 }, 2)).Doubles, Is.EqualTo(new[] { 0.0, 0 }));
}
