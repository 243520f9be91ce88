using NUnit.Framework;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class TrigonometryTests
{
    internal static IEnumerable<GradientCase> Cases()
    {
        foreach (var dims in ArithmeticTests.Ranks)
        {
            foreach (var op in new[] { "Sin", "Cos", "Sinh", "Cosh", "Atan", "Asinh" })
            {
                yield return new(op, X(dims));
            }

            foreach (var op in new[] { "Tan", "Asin", "Acos", "Atanh" })
            {
                yield return new(op, Moved(dims, 0.5, 0)); // ±(0.1, 0.85): away from the poles
            }

            yield return new("Acosh", Moved(dims, 1, 3));
        }
    }

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [TestCase("Tan", 1.0)]
    [TestCase("Asin", 1.0)]
    [TestCase("Acos", -1.0)]
    [TestCase("Atanh", 1.0)]
    [TestCase("Sinh", 1.0)]
    public void Rule_AtZero_HasTheKnownSlope(string op, double wanted) => Assert.That(Gradients.Of(op, [], Exactly([0]))[0].Doubles[0], Is.EqualTo(wanted));

    private static Given Moved(int[] dims, double factor, double by) => Exactly(Array.ConvertAll(X(dims).Value.Doubles, v => (factor * v) + by), dims);
}
