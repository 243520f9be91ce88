using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ort.Tests.CustomOps;

/// <summary>Softmax with scale and mask, and the gradients of softmax on their C# kernels equal their function bodies.</summary>
public sealed class SoftmaxParityTests
{
    private static IEnumerable<TestCaseData> Cases => KernelParityTests.Cases();

    [TestCaseSource(nameof(Cases))]
    public void MaskedSoftmaxAndGradients_Kernel_EqualsBody(int rows, int width, float magnitude)
    {
        var (x, dY) = (KernelParityTests.Numbers(1, magnitude, rows, width), KernelParityTests.Numbers(2, 1, rows, width));
        var y = Probabilities(rows, width);
        KernelParityTests.AssertEqual("ai.onnxpipeline", "MaskedSoftmax", 1, [("scale", 0.3f)], 1e-6, [x, KernelParityTests.Numbers(3, magnitude, width)]);
        KernelParityTests.AssertEqual("com.microsoft", "SoftmaxGrad_13", 1, [("axis", -1)], 3e-6, [dY, y]);
        KernelParityTests.AssertEqual("ai.onnxpipeline", "MaskedSoftmaxGrad", 1, [("scale", 0.3f)], 3e-6, [dY, y]);
    }

    [TestCase(5, 3, 7, 33)] // as the scores
    [TestCase(5, 1, 1, 33)]
    [TestCase(5, 1, 7, 33)]
    [TestCase(1, 3, 7, 33)]
    [TestCase(1, 3, 1, 1)]
    [TestCase(5, 1, 7, 1)]
    [TestCase(7, 33)]
    [TestCase(3, 1, 33)]
    [TestCase(33)]
    [TestCase(1)]
    [TestCase]
    public void MaskedSoftmax_MaskOfAnyShape_EqualsBody(params int[] dims) => KernelParityTests.AssertEqual(
        "ai.onnxpipeline", "MaskedSoftmax", 1, [("scale", 0.125f)], 1e-6,
        [KernelParityTests.Numbers(1, 9, 5, 3, 7, 33), KernelParityTests.Numbers(2, 4, [.. dims.Select(d => (long)d)])]);

    [Test]
    public void MaskedSoftmax_ManyPieces_EqualsBody() => KernelParityTests.AssertEqual(
        "ai.onnxpipeline", "MaskedSoftmax", 1, [("scale", 0.125f)], 1e-6,
        [KernelParityTests.Numbers(1, 9, 3, 5, 67, 131), KernelParityTests.Numbers(2, 4, 3, 1, 67, 131)]);

    /// <summary>Rows: as they are, one masked, all masked with −∞, all with the lowest float, ±88, a NaN, +∞, denormals.</summary>
    [Test]
    public void MaskedSoftmaxAndGradient_ExtremeValues_EqualsBody()
    {
        const int width = 19;
        var x = KernelParityTests.Numbers(1, 5, 8, width).As<float>().ToArray();
        var mask = new float[8 * width];
        mask[width + 3] = float.NegativeInfinity;
        mask.AsSpan(2 * width, width).Fill(float.NegativeInfinity);
        mask.AsSpan(3 * width, width).Fill(float.MinValue);
        mask.AsSpan(4 * width, 9).Fill(88);
        mask.AsSpan((4 * width) + 9, 10).Fill(-88);
        x[(5 * width) + 7] = float.NaN;
        x[(6 * width) + 18] = float.PositiveInfinity;
        x.AsSpan(7 * width, width).Fill(1e-40f);
        KernelParityTests.AssertEqual("ai.onnxpipeline", "MaskedSoftmax", 1, [("scale", 1f)], 1e-6,
            [Tensor.From<float>(x, 8, width), Tensor.From<float>(mask, 8, width)], extreme: true);
        KernelParityTests.AssertEqual("com.microsoft", "SoftmaxGrad_13", 1, [("axis", -1)], 3e-6,
            [Tensor.From<float>(x, 8, width), Probabilities(8, width)], extreme: true);
    }

    private static Tensor Probabilities(int rows, int width) =>
        Tensor.From<float>([.. Enumerable.Range(0, rows).SelectMany(row =>
        {
            var scores = KernelParityTests.Numbers(row, 5, width).As<float>().ToArray();
            var sum = scores.Sum(x => Math.Exp(x));
            return scores.Select(x => (float)(Math.Exp(x) / sum));
        })], rows, width);
}
