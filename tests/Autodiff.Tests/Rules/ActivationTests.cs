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
            yield return new("Gelu", X(dims)) { Opset = 20 };
            yield return new GradientCase("Gelu", X(dims)) { Opset = 20 }.With(("approximate", "none"));
            yield return new GradientCase("Gelu", X(dims)) { Opset = 20 }.With(("approximate", "tanh"));
            yield return new("Gelu", X(dims)) { Domain = Microsoft };
            yield return new("FastGelu", X(dims)) { Domain = Microsoft };
            yield return new("QuickGelu", X(dims)) { Domain = Microsoft };
            yield return new GradientCase("QuickGelu", X(dims)) { Domain = Microsoft }.With(("alpha", 0.7f));
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
    public void Rule_FarOut_IsFinite(string op) => Assert.That(Gradients.Of(op, [], Exactly([800, -800], 2))[0].Doubles, Has.All.Matches<double>(double.IsFinite));
}
