using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ort.Tests.CustomOps;

/// <summary>BiasGelu and the gradients of Gelu on their C# kernels equal their function bodies.</summary>
public sealed class ActivationParityTests
{
    private const int Opset = 20; // the first with Gelu

    private static IEnumerable<TestCaseData> Cases => KernelParityTests.Cases();

    [TestCaseSource(nameof(Cases))]
    public void BiasGelu_Kernel_EqualsBody(int rows, int width, float magnitude)
    {
        foreach (var approximate in new[] { "none", "tanh" })
        {
            KernelParityTests.AssertEqual("ai.onnxpipeline", "BiasGelu", 1, [("approximate", approximate)], 1e-6,
                [KernelParityTests.Numbers(1, magnitude, rows, width), KernelParityTests.Numbers(2, magnitude, width)], Opset);
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void GeluGrad_Kernel_EqualsBody(int rows, int width, float magnitude)
    {
        foreach (var name in new[] { "Gelu", "FastGelu" })
        {
            var (dY, x) = (KernelParityTests.Numbers(1, 1, rows, width), KernelParityTests.Numbers(2, magnitude, rows, width));
            KernelParityTests.AssertEqual("com.microsoft", $"{name}Grad", 1, [], 3e-6, [dY, x]);
            KernelParityTests.AssertEqual("com.microsoft", $"Bias{name}Grad_dX", 1, [], 3e-6, [dY, x, KernelParityTests.Numbers(3, magnitude, width)]);
        }
    }

    [Test]
    public void BiasGeluAndGradient_ExtremeValues_EqualBody()
    {
        float[] values = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -0f, 88, -88, 5, -5, 1e-40f, -1e-40f, float.Epsilon, 1e10f, -1e10f, 0.5f, -3, 2e-30f];
        var x = Tensor.From<float>([.. Enumerable.Repeat(values, 5).SelectMany(v => v)], 5, values.Length);
        var dY = KernelParityTests.Numbers(1, 1, 5, values.Length);
        var bias = Tensor.Vector<float>(new float[values.Length]);
        KernelParityTests.AssertEqual("ai.onnxpipeline", "BiasGelu", 1, [("approximate", "none")], 1e-6, [x, bias], Opset, extreme: true);
        KernelParityTests.AssertEqual("ai.onnxpipeline", "BiasGelu", 1, [("approximate", "tanh")], 1e-6, [x, bias], Opset, extreme: true);
        KernelParityTests.AssertEqual("com.microsoft", "GeluGrad", 1, [], 3e-6, [dY, x], extreme: true);
        KernelParityTests.AssertEqual("com.microsoft", "FastGeluGrad", 1, [], 3e-6, [dY, x], extreme: true);
    }

    [Test]
    public void BiasGelu_ManyPieces_EqualsBody() => KernelParityTests.AssertEqual(
        "ai.onnxpipeline", "BiasGelu", 1, [("approximate", "none")], 1e-6, [KernelParityTests.Numbers(1, 3, 7, 41, 333), KernelParityTests.Numbers(2, 1, 333)], Opset);
}
