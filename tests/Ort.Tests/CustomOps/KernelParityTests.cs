using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort.CustomOps;
using OnnxPipeline.Ort.StepGraph;

namespace OnnxPipeline.Ort.Tests.CustomOps;

/// <summary>A node on its C# kernel equals the same node as its function body, on odd shapes and extreme values.</summary>
public sealed class KernelParityTests
{
    private static readonly (int Rows, int Width)[] Shapes = [(1, 1), (1, 2), (3, 1), (2, 3), (5, 7), (4, 16), (67, 17), (33, 33), (7, 257)];

    private static readonly float[] Magnitudes = [1, 1e-6f, 80, 1e4f];

    [Test]
    public void Operators_All_HaveCasesHere() =>
        Assert.That(CustomOpTable.Operators.Select(op => $"{op.Domain}::{op.Name}"), Is.EquivalentTo(new[]
        {
            "ai.onnxpipeline::LayerNormalization", "com.microsoft::LayerNormalizationGrad", "ai.onnxpipeline::SoftmaxCrossEntropyLoss",
            "com.microsoft::SoftmaxCrossEntropyLossGrad", "ai.onnxpipeline::Dropout", "com.microsoft::DropoutGrad",
            "com.microsoft::GatherGrad", "ai.onnxpipeline::GatherGradAdd",
            "ai.onnxpipeline::BiasGelu", "com.microsoft::GeluGrad", "com.microsoft::FastGeluGrad", "com.microsoft::BiasGeluGrad_dX",
            "com.microsoft::BiasFastGeluGrad_dX", "ai.onnxpipeline::MaskedSoftmax", "com.microsoft::SoftmaxGrad_13",
            "ai.onnxpipeline::MaskedSoftmaxGrad",
            "ai.onnxpipeline::SoftmaxCrossEntropyLossAndGrad", "ai.onnxpipeline::SmoothedCrossEntropyLossAndGrad", "ai.onnxpipeline::AddLayerNormalization", "ai.onnxpipeline::LayerNormalizationGradAdd",
        }));

    [TestCaseSource(nameof(Cases))]
    public void LayerNormalization_Kernel_EqualsBody(int rows, int width, float magnitude) => AssertEqual(
        "ai.onnxpipeline", "LayerNormalization", 3, [("axis", -1), ("epsilon", 1e-5f)], 1e-5,
        [Numbers(1, magnitude, rows, width), Numbers(2, 1, width), Numbers(3, 1, width)]);

    [TestCaseSource(nameof(Cases))]
    public void LayerNormalizationGrad_Kernel_EqualsBody(int rows, int width, float magnitude) => AssertEqual(
        "com.microsoft", "LayerNormalizationGrad", 3, [("axis", -1)], 2e-5,
        [Numbers(1, magnitude, rows, width), Numbers(2, 1, rows, width), Numbers(3, 1, width), Numbers(4, 0.1f, rows, 1), Positive(5, rows, 1)]);

    [TestCaseSource(nameof(Cases))]
    public void AddLayerNormalization_Kernel_EqualsBody(int rows, int width, float magnitude) => AssertEqual(
        "ai.onnxpipeline", "AddLayerNormalization", 4, [("axis", -1), ("epsilon", 1e-5f)], 1e-5,
        [Numbers(1, magnitude, rows, width), Numbers(4, magnitude, rows, width), Numbers(2, 1, width), Numbers(3, 1, width)]);

    [TestCaseSource(nameof(Cases))]
    public void LayerNormalizationGradAdd_Kernel_EqualsBody(int rows, int width, float magnitude) => AssertEqual(
        "ai.onnxpipeline", "LayerNormalizationGradAdd", 3, [("axis", -1)], 2e-5,
        [
            Numbers(1, magnitude, rows, width), Numbers(2, 1, rows, width), Numbers(3, 1, width), Numbers(4, 0.1f, rows, 1), Positive(5, rows, 1),
            Numbers(6, magnitude, rows, width),
        ]);

    [TestCaseSource(nameof(Cases))]
    public void SoftmaxCrossEntropyLoss_Kernel_EqualsBody(int rows, int width, float magnitude) => AssertEqual(
        "ai.onnxpipeline", "SoftmaxCrossEntropyLoss", 2, [("reduction", "sum"), ("ignore_index", -100L)], 1e-5,
        [Numbers(1, magnitude, rows, width), Labels(rows, width)]);

    [TestCaseSource(nameof(Cases))]
    public void SoftmaxCrossEntropyLossGrad_Kernel_EqualsBody(int rows, int width, float magnitude) => AssertEqual(
        "com.microsoft", "SoftmaxCrossEntropyLossGrad", 1, [("reduction", "sum"), ("ignore_index", -100L)], 1e-5,
        [Tensor.Scalar(magnitude), LogProbabilities(rows, width), Labels(rows, width)]);

    [TestCaseSource(nameof(Cases))]
    public void SoftmaxCrossEntropyLossAndGrad_Kernel_EqualsBody(int rows, int width, float magnitude) => AssertEqual(
        "ai.onnxpipeline", "SoftmaxCrossEntropyLossAndGrad", 2, [("reduction", rows % 2 == 0 ? "sum" : "mean"), ("ignore_index", -100L)], 1e-5,
        [Numbers(1, magnitude, rows, width), Labels(rows, width), Tensor.Scalar(1.5f)]);

    [TestCaseSource(nameof(Cases))]
    public void SmoothedCrossEntropyLossAndGrad_Kernel_EqualsBody(int rows, int width, float magnitude) => AssertEqual(
        "ai.onnxpipeline", "SmoothedCrossEntropyLossAndGrad", 2, [("ignore_index", -100L), ("smoothing", 0.1f)], 1e-5,
        [Numbers(1, magnitude, rows, width), Labels(rows, width), Tensor.Scalar(1.5f)]);

    [TestCaseSource(nameof(Cases))]
    public void Dropout_Kernel_EqualsBodyToTheMask(int rows, int width, float magnitude) => AssertEqual(
        "ai.onnxpipeline", "Dropout", 2, [], 1e-6,
        [Numbers(1, magnitude, rows, width), Tensor.Scalar(0.3f), Tensor.Scalar(41L), Tensor.Scalar(7L)]);

    [TestCaseSource(nameof(Cases))]
    public void DropoutGrad_Kernel_EqualsBody(int rows, int width, float magnitude) => AssertEqual(
        "com.microsoft", "DropoutGrad", 1, [], 1e-6,
        [Numbers(1, magnitude, rows, width), Mask(rows, width), Tensor.Scalar(0.3f), Tensor.Scalar(true)]);

    [TestCaseSource(nameof(Cases))]
    public void GatherGrad_Kernel_EqualsBody(int rows, int width, float magnitude) => AssertEqual(
        "com.microsoft", "GatherGrad", 1, [("axis", 0)], 1e-5,
        [Tensor.Vector<long>([rows, width]), Indices(rows, 3 * rows), Numbers(1, magnitude, 3 * rows, width)]);

    [TestCaseSource(nameof(Cases))]
    public void GatherGradAdd_Kernel_EqualsBody(int rows, int width, float magnitude) => AssertEqual(
        "ai.onnxpipeline", "GatherGradAdd", 1, [("axis", 0)], 1e-5,
        [Numbers(1, magnitude, rows, width), Indices(rows, 3 * rows), Numbers(2, magnitude, 3 * rows, width)]);

    [Test]
    public void GatherGrad_FewRowsManyIndices_LosesNothing() => AssertEqual(
        "com.microsoft", "GatherGrad", 1, [("axis", 0)], 1e-5,
        [Tensor.Vector<long>([2, 300]), Indices(2, 1500), Numbers(1, 1, 1500, 300)]);

    internal static IEnumerable<TestCaseData> Cases() =>
        from shape in Shapes
        from magnitude in Magnitudes
        select new TestCaseData(shape.Rows, shape.Width, magnitude);

    /// <summary>Outputs of both within <paramref name="tolerance"/> of the largest finite element; where <paramref name="extreme"/>, NaN and infinities are alike, else there are none.</summary>
    internal static void AssertEqual(
        string domain, string op, int outputs, (string, AttributeValue)[] attributes, double tolerance, Tensor[] inputs, int opset = 18, bool extreme = false)
    {
        var named = inputs.Select((tensor, i) => new NamedTensor($"in{i}", tensor)).ToList();
        using var kernel = Session.OpenWithKernels(Model(domain, op, outputs, attributes, inputs, opset), "kernel");
        using var body = Session.Open(Model(OperatorLibrary.BodyDomain, op, outputs, attributes, inputs, opset), "body");
        foreach (var (found, wanted) in kernel.Run(named).Zip(body.Run(named)))
        {
            Assert.That(found.Tensor.Dims, Is.EqualTo(wanted.Tensor.Dims), found.Name);
            if (wanted.Tensor.Type == ElementType.Bool)
            {
                Assert.That(found.Tensor.Bytes.ToArray(), Is.EqualTo(wanted.Tensor.Bytes.ToArray()), found.Name);
                continue;
            }

            var (a, b) = (found.Tensor.As<float>().ToArray(), wanted.Tensor.As<float>().ToArray());
            Assert.That(extreme || b.All(float.IsFinite), $"{wanted.Name} is not finite");
            var largest = b.Where(float.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();
            Assert.That(a.Zip(b, (x, y) => x.Equals(y) ? 0 : float.IsNaN(x - y) ? float.PositiveInfinity : Math.Abs(x - y)).DefaultIfEmpty().Max(), Is.LessThanOrEqualTo((tolerance * largest) + 1e-7), found.Name);
        }
    }

    private static byte[] Model(string domain, string op, int outputs, (string, AttributeValue)[] attributes, Tensor[] inputs, int opset)
    {
        var model = new Model(new Graph(op));
        model.OpsetImports.Add("", opset);
        model.OpsetImports.Add(domain, 1);
        var b = new GraphBuilder(model.Graph, opset);
        var values = inputs.Select((tensor, i) => b.Input($"in{i}", tensor.Type, Shape.Of(tensor.Dims))).ToArray();
        var node = b.Ops(op, values, outputs, attributes, domain);
        for (var i = 0; i < outputs; i++)
        {
            node.Outputs[i].Type = new TensorType(i == 1 && op == "Dropout" ? ElementType.Bool : ElementType.Float, null);
            b.Output(node.Outputs[i], $"out{i}");
        }

        OperatorLibrary.Instance.AddBodies(model);
        return ModelFile.ToBytes(model);
    }

    internal static Tensor Numbers(int seed, float magnitude, params long[] dims)
    {
        var random = new Random(seed);
        var values = new float[dims.Aggregate(1L, (n, d) => n * d)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = magnitude * (float)((2 * random.NextDouble()) - 1);
        }

        return Tensor.From<float>(values, dims);
    }

    private static Tensor Positive(int seed, params long[] dims) =>
        Tensor.From<float>([.. Numbers(seed, 1, dims).As<float>().ToArray().Select(x => 0.5f + Math.Abs(x))], dims);

    private static Tensor LogProbabilities(int rows, int width) =>
        Tensor.From<float>([.. Enumerable.Range(0, rows).SelectMany(row =>
        {
            var scores = Numbers(row, 5, width).As<float>().ToArray();
            var sum = Math.Log(scores.Sum(x => Math.Exp(x)));
            return scores.Select(x => (float)(x - sum));
        })], rows, width);

    /// <summary>Every fourth is ignored.</summary>
    private static Tensor Labels(int rows, int width) =>
        Tensor.Vector<long>([.. Enumerable.Range(0, rows).Select(row => row % 4 == 3 ? -100L : row * 7 % width)]);

    /// <summary>Some count from the end.</summary>
    private static Tensor Indices(int rows, int count) =>
        Tensor.Vector<long>([.. Enumerable.Range(0, count).Select(i => i * 5 % rows - (i % 3 == 1 ? (long)rows : 0))]);

    private static Tensor Mask(int rows, int width) =>
        Tensor.From<bool>([.. Enumerable.Range(0, rows * width).Select(i => i % 3 != 1)], rows, width);
}
