using NUnit.Framework;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class ReductionTests
{
    internal static IEnumerable<GradientCase> Cases()
    {
        foreach (var op in new[] { "ReduceSum", "ReduceMean" })
        {
            foreach (var keep in new[] { 0, 1 })
            {
                foreach (var (dims, axes) in new (int[], long[])[] { ([3], [0]), ([2, 3], [0]), ([2, 3], [-1]), ([2, 3], [0, 1]), ([2, 3, 2], [1]), ([2, 3, 2], [0, -1]), ([2, 3, 2], [2, 0]), ([1, 3], [0]) })
                {
                    yield return new GradientCase(op, X(dims), Fixed(axes)).With(("keepdims", keep));
                    yield return new GradientCase(op, X(dims), Fed(axes)).With(("keepdims", keep));
                }

                foreach (var dims in ArithmeticTests.Ranks)
                {
                    yield return new GradientCase(op, X(dims)).With(("keepdims", keep));
                    yield return new GradientCase(op, X(dims), Fixed()).With(("keepdims", keep));
                    yield return new GradientCase(op, X(dims)).With(("keepdims", keep), ("noop_with_empty_axes", 1));
                    yield return new GradientCase(op, X(dims), Fixed()).With(("keepdims", keep), ("noop_with_empty_axes", 1));
                }

                yield return new GradientCase(op, X(2, 3), Fixed(1)).With(("keepdims", keep), ("noop_with_empty_axes", 1));
                yield return new GradientCase(op, X(2, 3), Fed(1)).With(("keepdims", keep), ("noop_with_empty_axes", 1));
            }

            yield return new GradientCase(op, X(2, 3), Fed()).With(("keepdims", 1));
            yield return new(op, X(2, 3), Fixed(1));
        }
    }

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);
}
