using NUnit.Framework;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class ReductionTests
{
    private static readonly string[] All = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"];

    internal static IEnumerable<GradientCase> Cases()
    {
        foreach (var op in All)
        {
            Given Numbers(params int[] dims) => op == "ReduceLogSum" ? Positive(dims) : X(dims);
            foreach (var keep in new[] { 0, 1 })
            {
                foreach (var (dims, axes) in new (int[], long[])[] { ([3], [0]), ([2, 3], [0]), ([2, 3], [-1]), ([2, 3], [0, 1]), ([2, 3, 2], [1]), ([2, 3, 2], [0, -1]), ([2, 3, 2], [2, 0]), ([1, 3], [0]) })
                {
                    yield return new GradientCase(op, Numbers(dims), Fixed(axes)).With(("keepdims", keep));
                    yield return new GradientCase(op, Numbers(dims), Fed(axes)).With(("keepdims", keep));
                }

                foreach (var dims in ArithmeticTests.Ranks)
                {
                    yield return new GradientCase(op, Numbers(dims)).With(("keepdims", keep));
                    yield return new GradientCase(op, Numbers(dims), Fixed()).With(("keepdims", keep));
                    yield return new GradientCase(op, Numbers(dims)).With(("keepdims", keep), ("noop_with_empty_axes", 1));
                    yield return new GradientCase(op, Numbers(dims), Fixed()).With(("keepdims", keep), ("noop_with_empty_axes", 1));
                }

                yield return new GradientCase(op, Numbers(2, 3), Fixed(1)).With(("keepdims", keep), ("noop_with_empty_axes", 1));
                yield return new GradientCase(op, Numbers(2, 3), Fed(1)).With(("keepdims", keep), ("noop_with_empty_axes", 1));
            }

            yield return new GradientCase(op, Numbers(2, 3), Fed()).With(("keepdims", 1));
            yield return new(op, Numbers(2, 3), Fixed(1));
        }

        foreach (var numbers in new double[][] { [0, 2, 3, 4, 5, 6], [0, 2, 3, 0, 0, 6], [0, 0, 0, 4, 0, 6] })
        {
            yield return new("ReduceProd", Exactly(numbers, 2, 3), Fixed(1)); // no zero, one, two, three in a row
            yield return new GradientCase("ReduceProd", Exactly(numbers, 2, 3), Fixed(1)).With(("keepdims", 0));
            yield return new("ReduceProd", Exactly(numbers, 2, 3));
        }

        yield return new("ReduceL2", Exactly([0, 0, 0, 3, 0, 4], 2, 3));
    }

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [TestCase("ReduceMax", new[] { 0, 0.5, 0.5 })]
    [TestCase("ReduceMin", new double[] { 1, 0, 0 })]
    public void MaxOrMin_Ties_ShareEvenly(string op, double[] wanted) => Assert.That(Gradients.Of(op, [], Exactly([1, 2, 2], 3))[0].Doubles, Is.EqualTo(wanted));

    [TestCase("ReduceL1")]
    [TestCase("ReduceL2")]
    public void Norm_OfZeros_HasGradientZero(string op) => Assert.That(Gradients.Of(op, [], Exactly([0, 0], 2))[0].Doubles, Is.EqualTo(new double[] { 0, 0 }));

    [Test]
    public void LogSumExp_LargeNumbers_StaysFinite() => Assert.That(Gradients.Of("ReduceLogSumExp", [], Exactly([800, -800], 2))[0].Doubles, Is.EqualTo(new double[] { 1, 0 }));
}
