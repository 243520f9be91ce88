using NUnit.Framework;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class ActivationTests
{
    private const string Microsoft = "com.microsoft";

    internal static IEnumerable<GradientCase> Cases()
    {
        foreach (var dims in ArithmeticTests.Ranks)
        {
            foreach (var op in new[] { "Relu", "Sigmoid", "Tanh", "Softplus", "LeakyRelu", "Elu" })
            {
                yield return new(op, X(dims));
            }

            yield return new GradientCase("LeakyRelu", X(dims)).With(("alpha", 0.3f));
            yield return new GradientCase("LeakyRelu", X(dims)).With(("alpha", -0.5f));
            yield return new GradientCase("LeakyRelu", X(dims)).With(("alpha", 0f));
            yield return new GradientCase("Elu", X(dims)).With(("alpha", 0.3f));
            yield return new GradientCase("Elu", X(dims)).With(("alpha", -0.5f));
            foreach (var op in new[] { "ThresholdedRelu", "Selu", "Celu", "Shrink", "Softsign", "HardSigmoid", "HardSwish", "Mish" })
            {
                yield return new(op, X(dims));
                yield return new(op, Times(dims, 4)); // beyond ±3 and ±2.5 too
            }

            yield return new GradientCase("ThresholdedRelu", X(dims)).With(("alpha", 0.5001f));
            yield return new GradientCase("ThresholdedRelu", X(dims)).With(("alpha", -0.5001f));
            yield return new GradientCase("Selu", X(dims)).With(("alpha", 0.3f), ("gamma", -1.5f));
            yield return new GradientCase("Celu", X(dims)).With(("alpha", 0.3f));
            yield return new GradientCase("Celu", X(dims)).With(("alpha", -2f));
            yield return new GradientCase("Shrink", X(dims)).With(("lambd", 0.9003f), ("bias", 0.25f));
            yield return new GradientCase("HardSigmoid", X(dims)).With(("alpha", 0.9f), ("beta", 0.25f));
            yield return new GradientCase("HardSigmoid", X(dims)).With(("alpha", -0.6f));
            yield return new("Swish", X(dims)) { Opset = 24 };
            yield return new GradientCase("Swish", X(dims)) { Opset = 24 }.With(("alpha", -1.3f));
            yield return new("SwiGLU", X(dims), X2(dims)) { Opset = 28 };
            yield return new GradientCase("SwiGLU", X(dims), X2(dims)) { Opset = 28 }.With(("alpha", 0.7f));
            yield return new("SwiGLU", X(dims), Frozen(dims)) { Opset = 28 };
            yield return new("SwiGLU", Frozen(dims), X(dims)) { Opset = 28 };
            yield return new("Gelu", X(dims)) { Opset = 20 };
            yield return new GradientCase("Gelu", X(dims)) { Opset = 20 }.With(("approximate", "none"));
            yield return new GradientCase("Gelu", X(dims)) { Opset = 20 }.With(("approximate", "tanh"));
            yield return new("Gelu", X(dims)) { Domain = Microsoft };
            yield return new("FastGelu", X(dims)) { Domain = Microsoft };
            yield return new("QuickGelu", X(dims)) { Domain = Microsoft };
            yield return new GradientCase("QuickGelu", X(dims)) { Domain = Microsoft }.With(("alpha", 0.7f));
        }

        foreach (var (x, slope) in new (int[], int[])[] { ([], []), ([3], [3]), ([3], []), ([2, 3], [3]), ([2, 3], [2, 1]), ([2, 3], [1]), ([2, 1, 3], [1, 1]), ([2, 2, 3], [2, 1]), ([2, 2, 3], [1, 2, 1]), ([2, 2, 3], [2, 2, 3]) })
        {
            yield return new("PRelu", X(x), X2(slope));
            yield return new("PRelu", X(x), Frozen(slope));
            yield return new("PRelu", Frozen(x), X(slope));
        }

        foreach (var op in new[] { "FastGelu", "BiasGelu" })
        {
            yield return new(op, X(3), X2(3)) { Domain = Microsoft };
            yield return new(op, X(2, 3), X2(3)) { Domain = Microsoft };
            yield return new(op, X(2, 2, 3), X2(3)) { Domain = Microsoft };
            yield return new(op, X(2, 3), Frozen(3)) { Domain = Microsoft };
            yield return new(op, Frozen(2, 3), X(3)) { Domain = Microsoft };
        }
    }

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [Test]
    public void Relu_AtZero_HasGradientZero() => Assert.That(Gradients.Of("Relu", [], Exactly([0, 1, -1], 3))[0].Doubles, Is.EqualTo(new double[] { 0, 1, 0 }));

    [TestCase("Sigmoid")]
    [TestCase("Tanh")]
    [TestCase("Softplus")]
    [TestCase("Elu")]
    [TestCase("Selu")]
    [TestCase("Celu")]
    [TestCase("Mish")]
    [TestCase("Softsign")]
    [TestCase("HardSwish")]
    public void Rule_FarOut_IsFinite(string op) => Assert.That(Gradients.Of(op, [], Exactly([800, -800], 2))[0].Doubles, Has.All.Matches<double>(double.IsFinite));

    /// <summary>Where a formula has a corner, the side that PyTorch takes.</summary>
    [TestCase("HardSwish", new double[] { -3, 3 }, new double[] { 0, 1 })]
    [TestCase("HardSigmoid", new[] { -2.5, 2.5 }, new double[] { 0, 0 })]
    [TestCase("ThresholdedRelu", new double[] { 1 }, new double[] { 0 })]
    [TestCase("Shrink", new[] { -0.5, 0.5 }, new double[] { 0, 0 })]
    [TestCase("Softsign", new double[] { 0 }, new double[] { 1 })]
    public void Rule_AtACorner_TakesOneSide(string op, double[] x, double[] wanted) => Assert.That(Gradients.Of(op, [], Exactly(x, x.Length))[0].Doubles, Is.EqualTo(wanted));

    [Test]
    public void PRelu_AtZero_PassesTheGradientOn()
    {
        var gradients = Gradients.Of("PRelu", [], Exactly([0], 1), Exactly([0.25], 1));
        Assert.That(gradients.Select(g => g.Doubles[0]), Is.EqualTo(new double[] { 1, 0 }));
    }

    private static Given Times(int[] dims, double factor) => Exactly(Array.ConvertAll(X(dims).Value.Doubles, v => factor * v), dims);
}
