using NUnit.Framework;
using OnnxPipeline.Ir;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class ArithmeticTests
{
    internal static readonly int[][] Ranks = [[], [3], [2, 3], [2, 1, 2]];

    /// <summary>Pairs of shapes: equal, repeated in front, inside, on both sides, scalars.</summary>
    internal static readonly (int[] A, int[] B)[] Broadcasts =
    [
        ([], []), ([3], [3]), ([2, 3], [2, 3]), ([2, 3], [3]), ([3], [2, 3]), ([2, 3], [2, 1]), ([2, 1], [1, 3]), ([], [2, 3]), ([2, 3], []), ([2, 3], [1, 1]), ([1], [2, 2]),
        ([2, 1, 3, 1], [2, 1, 2]), ([1, 2], [1, 2]), ([1, 3], [3]),
    ];

    internal static IEnumerable<GradientCase> Cases()
    {
        foreach (var (a, b) in Broadcasts)
        {
            yield return new("Add", X(a), X2(b));
            yield return new("Sub", X(a), X2(b));
            yield return new("Mul", X(a), X2(b));
            yield return new("Div", X(a), X2(b));
            yield return new("Pow", Positive(a), X2(b));
            yield return new("Mul", X(a), Frozen(b));
            yield return new("Div", Frozen(a), X(b));
            yield return new("Sum", X(a), X2(b));
            yield return new("Mean", X(a), X2(b));
            foreach (var fmod in new[] { 0, 1 })
            {
                yield return new GradientCase("Mod", X(a), X2(b)).With(("fmod", fmod));
                yield return new GradientCase("Mod", Exactly([-5.3]), X2(b)).With(("fmod", fmod));
                yield return new GradientCase("Mod", X(a), Exactly([-0.1503])).With(("fmod", fmod));
            }
        }

        foreach (var power in new[] { 0, 1, 2, 3, -1, 0.5 })
        {
            yield return new("Pow", Positive(2, 3), FixedScalar(power));
            yield return new("Pow", Positive(2), new Given(new(new[] { power }, 1, 1), false, true));
        }

        yield return new("Pow", X(2, 3), FixedScalar(2.0));
        yield return new("Pow", X(2, 3), FixedScalar(3.0));
        yield return new("Pow", X(2, 3), FixedScalar(2L));
        yield return new("Pow", X(2, 3), Fed(0, 2, 3));
        yield return new("Pow", X(), Fixed(3));
        yield return new("Pow", Frozen(2.0), X(2, 3));

        foreach (var op in new[] { "Sum", "Mean" })
        {
            yield return new(op, X(2, 3));
            yield return new(op, X(2, 3), X2(3), Positive(1, 3));
            yield return new(op, X(2, 1), Frozen(2, 3), X2());
        }

        foreach (var dims in Ranks)
        {
            foreach (var op in new[] { "Neg", "Abs", "Reciprocal", "Exp", "Erf" })
            {
                yield return new(op, X(dims));
            }

            yield return new("Sqrt", Positive(dims));
            yield return new("Log", Positive(dims));
        }
    }

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [TestCase(0.0, 0.0)]
    [TestCase(-2.0, -1.0)]
    public void Abs_AtAKink_HasTheSign(double x, double wanted) => Assert.That(Gradients.Of("Abs", [], Exactly([x]))[0].Doubles[0], Is.EqualTo(wanted));

    [Test]
    public void Pow_ExponentOfABaseThatIsNotPositive_HasGradientZero() =>
        Assert.That(Gradients.Of("Pow", [], Exactly([0, -1], 2), Exactly([2]))[1].Doubles[0], Is.Zero);
}
