using NUnit.Framework;
using OnnxPipeline.Reference;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class ChoiceTests
{
    internal static IEnumerable<GradientCase> Cases()
    {
        foreach (var (a, b) in ArithmeticTests.Broadcasts)
        {
            yield return new("Where", Condition(2, 3), X(a is [] or [3] or [2, 3] or [2, 1] ? a : [3]), X2(b is [] or [3] or [2, 3] or [2, 1] or [1, 3] ? b : [2, 1]));
            yield return new("Max", X(a), X2(b));
            yield return new("Min", X(a), X2(b));
        }

        yield return new("Where", Condition(), X(2, 3), X2(3));
        yield return new("Where", Condition(2, 1), X(3), X2());
        yield return new("Where", Condition(2, 2, 3), X(3), Frozen(2, 1, 1));
        yield return new("Where", Condition(3), Frozen(), X(2, 3));
        foreach (var op in new[] { "Max", "Min" })
        {
            yield return new(op, X(2, 3));
            yield return new(op, X(2, 3), X2(3), Positive(2, 1));
            yield return new(op, X(2, 3), Frozen(3), X2());
            yield return new(op, Exactly([1, 2, 3], 3), Exactly([1, 5, 3], 3)); // ties of two
        }

        foreach (var dims in ArithmeticTests.Ranks)
        {
            yield return new("Clip", X(dims));
            yield return new("Clip", X(dims), FixedScalar(-0.5001));
            yield return new("Clip", X(dims), null, FixedScalar(0.5001));
            yield return new("Clip", X(dims), FixedScalar(-0.5001), FixedScalar(0.7003));
            yield return new("Clip", X(dims), Exactly([-0.5001]), Exactly([0.7003]));
            yield return new("Clip", X(dims), Exactly([0.7003]), Exactly([-0.5001])); // crossed: the upper bound wins
            yield return new("Clip", X(dims), Exactly([0.5001]));
            yield return new("Clip", X(dims), null, Exactly([0.5001]));
        }
    }

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [TestCase("Max")]
    [TestCase("Min")]
    public void MaxOrMin_Ties_ShareEvenly(string op)
    {
        var gradients = Gradients.Of(op, [], Exactly([1, 2], 2), Exactly([1, 2], 2), Exactly([1, 2], 2));
        Assert.That(gradients.Select(g => g.Doubles), Has.All.EqualTo(new[] { 1.0 / 3, 1.0 / 3 }).Within(1e-15));
    }

    private static Given Condition(params int[] dims)
    {
        var count = dims.Aggregate(1, (n, d) => n * d);
        return Fed(new Array64(Enumerable.Range(0, count).Select(i => i % 3 != 1).ToArray(), dims));
    }
}
