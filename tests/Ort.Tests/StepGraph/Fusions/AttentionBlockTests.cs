using NUnit.Framework;
using OnnxPipeline.Autodiff;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort.StepGraph;
using OnnxPipeline.Ort.StepGraph.Fusions;
using OnnxPipeline.Ort.Tests.CustomOps;

namespace OnnxPipeline.Ort.Tests.StepGraph.Fusions;

/// <summary>A block as exported graphs have it: scores / √d + mask → Softmax, MatMul → Add → Gelu.</summary>
public sealed class AttentionBlockTests
{
    private const int Batch = 3, Length = 5, Width = 8;

    private static readonly string[] Fused = ["BiasGelu", "MaskedSoftmax", "MaskedSoftmaxGrad"];

    [TestCase("none", "BiasGeluGrad_dX")]
    [TestCase("tanh", "BiasFastGeluGrad_dX")]
    public void OfTraining_ExportedBlock_IsFused(string approximate, string gradient)
    {
        var operators = Derivation.OfTraining(Block(approximate), kernels: true).Model.Graph.Nodes.Select(node => node.OpType).ToList();
        Assert.That(operators, Is.SupersetOf(Fused.Append(gradient)));
        Assert.That(operators, Has.None.AnyOf("Softmax", "SoftmaxGrad_13", "Gelu", "GeluGrad", "FastGeluGrad", "Div"));
    }

    [TestCase("none")]
    [TestCase("tanh")]
    public void OfTraining_ExportedBlock_GivesTheSameLossAndGradients(string approximate)
    {
        List<NamedTensor> inputs =
        [
            new("x", KernelParityTests.Numbers(1, 1, Batch, Length, Width)), new("mask", Mask()),
            new("w", KernelParityTests.Numbers(2, 1, Width, Width)), new("b", KernelParityTests.Numbers(3, 1, Width)),
        ];
        using var fused = Session.OpenWithKernels(ModelFile.ToBytes(Derivation.OfTraining(Block(approximate), kernels: true).Model), "fused");
        using var plain = Session.Open(ModelFile.ToBytes(Derivation.OfTraining(Block(approximate), kernels: false).Model), "plain");
        foreach (var (found, wanted) in fused.Run(inputs).Zip(plain.Run(inputs)))
        {
            Assert.That(found.Tensor.As<float>().ToArray(), Is.EqualTo(wanted.Tensor.As<float>().ToArray()).Within(1e-5), found.Name);
            Assert.That(wanted.Tensor.As<float>().ToArray(), Has.Some.Not.Zero);
        }
    }

    [Test]
    public void Apply_SumReadTwice_LeavesTheSoftmaxAndSaysWhy()
    {
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 20);
        var scores = b.Input("scores", ElementType.Float, ["n", 4]);
        var sum = b.Add(scores, b.Input("mask", ElementType.Float, ["n", 4]));
        b.Output(b.Softmax(sum), "y");
        b.Output(b.Relu(sum), "z");
        Assert.That(FusionTable.Apply(graph, 20), Has.One.StartsWith("MaskedSoftmax at node").And.One.EndsWith("others read that"));
        Assert.That(graph.Nodes.Select(node => node.OpType), Is.EqualTo(new[] { "Add", "Softmax", "Relu" }));
    }

    [Test]
    public void Apply_MaskWidensTheScores_LeavesTheSoftmaxAndSaysWhy()
    {
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 20);
        var sum = b.Add(b.Input("scores", ElementType.Float, [1, "n", 4]), b.Input("mask", ElementType.Float, ["b", 1, 4]));
        b.Output(b.Softmax(sum), "y");
        Assert.That(FusionTable.Apply(graph, 20), Has.One.Contains("is known to have the sum's shape"));
        Assert.That(graph.Nodes.Select(node => node.OpType), Is.EqualTo(new[] { "Add", "Softmax" }));
    }

    [TestCase(64, 1f, false)]
    [TestCase(64, 0.5f, true)]
    [TestCase(65, 1f, true)]
    public void Apply_ShortRows_AreFusedWithAScaleOnly(int width, float scale, bool fused)
    {
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 20);
        var scores = b.Input("scores", ElementType.Float, ["n", width]);
        b.Output(b.Softmax(b.Add(b.Mul(scores, b.Constant(scale)), b.Input("mask", ElementType.Float, ["n", width]))), "y");
        var declined = FusionTable.Apply(graph, 20);
        Assert.That(graph.Nodes.Select(node => node.OpType), fused ? Does.Contain("MaskedSoftmax") : Does.Contain("Softmax"));
        Assert.That(declined, fused ? Is.Empty : Has.One.EndsWith("as fast in ONNX Runtime"));
    }

    [Test]
    public void Apply_BiasOfOne_LeavesTheGeluAndSaysWhy()
    {
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 20);
        var sum = b.Add(b.Input("x", ElementType.Float, ["n", 4]), b.Input("bias", ElementType.Float, [1]));
        b.Output(b.Op("Gelu", [sum]), "y");
        Assert.That(FusionTable.Apply(graph, 20), Has.One.Contains("adds no vector of the last axis"));
        Assert.That(graph.Nodes.Select(node => node.OpType), Is.EqualTo(new[] { "Add", "Gelu" }));
    }

    private static Model Block(string approximate)
    {
        var model = new Model(new Graph("block"));
        model.OpsetImports.Add("", 20);
        var b = new GraphBuilder(model.Graph, 20);
        var x = b.Input("x", ElementType.Float, ["batch", "length", Width]);
        var mask = b.Input("mask", ElementType.Float, ["batch", 1, "length"]);
        var (w, bias) = (b.Input("w", ElementType.Float, [Width, Width]), b.Input("b", ElementType.Float, [Width]));
        var hidden = b.Op("Gelu", [b.Add(b.MatMul(x, w), bias)], [("approximate", approximate)]); // [batch, length, width]
        var scores = b.Div(b.MatMul(hidden, b.Transpose(hidden, 0, 2, 1)), b.Constant(1.7f)); // [batch, length, length]
        var loss = b.ReduceSumAll(b.MatMul(b.Softmax(b.Add(scores, mask)), x));
        b.Output(loss, "loss");
        foreach (var (parameter, gradient) in Backward.Append(model.Graph, model.OpsetImports, loss, [w, bias]))
        {
            b.Output(gradient, $"{parameter.Name}_grad");
        }

        model.OpsetImports.TryAdd("com.microsoft", 1);
        return model;
    }

    /// <summary>The last position of every row is nobody's.</summary>
    private static Tensor Mask() =>
        Tensor.From<float>([.. Enumerable.Range(0, Batch * Length).Select(i => i % Length == Length - 1 ? float.MinValue : 0)], Batch, 1, Length);
}
