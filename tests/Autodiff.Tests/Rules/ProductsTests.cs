using NUnit.Framework;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class ProductsTests
{
    private const string Microsoft = "com.microsoft";

    internal static IEnumerable<GradientCase> Cases()
    {
        (int[] A, int[] B)[] products =
        [
            ([3], [3]), ([3], [3, 2]), ([2, 3], [3]), ([2, 3], [3, 4]), ([2, 2, 3], [3, 4]), ([2, 3], [2, 3, 4]), ([2, 2, 3], [2, 3, 4]), ([1, 2, 3], [4, 3, 2]), ([4, 2, 3], [1, 3, 2]),
            ([2, 1, 2, 3], [3, 3, 2]), ([2, 2, 2, 3], [2, 2, 3, 2]), ([3], [2, 3, 2]), ([2, 2, 3], [3]), ([2, 2, 2, 3], [3, 2]), ([1, 3], [3, 1]), ([1, 1, 3], [3, 2]),
        ];
        foreach (var (a, b) in products)
        {
            yield return new("MatMul", X(a), X2(b)) { NeedsRanks = true };
            yield return new("MatMul", X(a), Frozen(b)) { NeedsRanks = true };
            yield return new("MatMul", Frozen(a), X(b)) { NeedsRanks = true };
        }

        foreach (var (transA, transB) in new[] { (0, 0), (0, 1), (1, 0), (1, 1) })
        {
            foreach (var (a, b) in products.Where(p => p.A.Length > 1 && p.B.Length > 1))
            {
                yield return new GradientCase("FusedMatMul", X(Swapped(a, transA)), X2(Swapped(b, transB))) { Domain = Microsoft, NeedsRanks = true }.With(("transA", transA), ("transB", transB));
            }

            yield return new GradientCase("FusedMatMul", X(Swapped([2, 2, 3], transA)), X2(Swapped([2, 3, 4], transB))) { Domain = Microsoft, NeedsRanks = true }
                .With(("transA", transA), ("transB", transB), ("alpha", 0.25f));
            yield return new GradientCase("FusedMatMul", X(Swapped([2, 3], transA)), X2(Swapped([3, 4], transB))) { Domain = Microsoft, NeedsRanks = true }
                .With(("transA", transA), ("transB", transB), ("alpha", 0.25f));

            foreach (var c in new int[]?[] { null, [], [1], [4], [2, 1], [1, 4], [2, 4] })
            {
                foreach (var (alpha, beta) in new[] { (1f, 1f), (0.5f, 2f) })
                {
                    yield return new GradientCase("Gemm", X(Swapped([2, 3], transA)), X2(Swapped([3, 4], transB)), c is null ? null : Positive(c))
                        .With(("transA", transA), ("transB", transB), ("alpha", alpha), ("beta", beta));
                }
            }
        }

        yield return new("Gemm", X(2, 3), X2(3, 4));
        yield return new("Gemm", Frozen(2, 3), X(3, 4), X2(4));
        yield return new("Gemm", X(2, 3), Frozen(3, 4), Frozen(4));
        foreach (var activation in new[] { "Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "LeakyRelu", "Elu", "ThresholdedRelu", "HardSigmoid", "Selu" })
        {
            yield return new GradientCase("FusedGemm", X(2, 3), X2(4, 3), Positive(4)) { Domain = Microsoft }.With(("transB", 1), ("activation", activation));
        }

        yield return new GradientCase("FusedGemm", X(2, 3), X2(3, 4)) { Domain = Microsoft }.With(("alpha", 0.5f), ("activation", "LeakyRelu"), ("activation_alpha", 0.3f));
        yield return new GradientCase("FusedGemm", X(2, 3), X2(3, 4)) { Domain = Microsoft }.With(("activation", "HardSigmoid"), ("activation_alpha", 0.3f), ("activation_beta", 0.4f));
        yield return new GradientCase("FusedGemm", X(2, 3), X2(3, 4)) { Domain = Microsoft }.With(("activation", "Selu"), ("activation_alpha", 1.5f), ("activation_gamma", 0.8f));
    }

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    private static int[] Swapped(int[] dims, int swap) => swap == 0 ? dims : [.. dims[..^2], dims[^1], dims[^2]];
}
