using NUnit.Framework;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class CumulationTests
{
    internal static IEnumerable<GradientCase> Cases()
    {
        foreach (var (exclusive, reverse) in new[] { (0, 0), (0, 1), (1, 0), (1, 1) })
        {
            foreach (var (dims, axis) in new (int[], long)[] { ([1], 0), ([4], 0), ([4], -1), ([2, 3], 0), ([2, 3], 1), ([2, 3, 2], 1), ([2, 3, 2], -3), ([2, 1, 2], 1) })
            {
                foreach (var op in new[] { "CumSum", "CumProd" })
                {
                    yield return new GradientCase(op, X(dims), FixedScalar(axis)) { Opset = 26 }.With(("exclusive", exclusive), ("reverse", reverse));
                    yield return new GradientCase(op, X(dims), Fed(Reference.Array64.Scalar(axis))) { Opset = op == "CumSum" ? 18 : 26 }.With(("exclusive", exclusive), ("reverse", reverse));
                }
            }

            foreach (var numbers in new double[][] { [0, 2, 3, 4], [2, 0, 3, 4], [2, 3, 4, 0], [2, 0, 3, 0], [0, 0, 3, 4], [2, 3, 0, 0], [0, 0, 0, 0] })
            {
                yield return new GradientCase("CumProd", Exactly(numbers, 4), FixedScalar(0L)) { Opset = 26 }.With(("exclusive", exclusive), ("reverse", reverse));
                yield return new GradientCase("CumProd", Exactly([.. numbers, 1, 2, 3, 4], 2, 4), FixedScalar(1L)) { Opset = 26 }.With(("exclusive", exclusive), ("reverse", reverse));
            }
        }

        yield return new("CumSum", X(4), FixedScalar(0L));
        yield return new("CumProd", X(4), FixedScalar(0L)) { Opset = 26 };
    }

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);
}
