using System.Runtime.InteropServices;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Ort.Tests.StepGraph;

/// <summary>Every form gives what the plain one (reduction sum, each row's share as dY) gives.</summary>
public sealed class MicrosoftFormsTests
{
    private const int Rows = 30, Ignored = 6;

    [Test]
    public void CrossEntropy_Mean_DividesByTheRowsThatCount([Values] bool kernels) =>
        Assert.That(Gradient(kernels, (node, b) => Form(node, "mean", b.Constant(1f))), Is.EqualTo(Plain(kernels, (float)Rows / (Rows - Ignored))).Within(1e-6));

    [Test]
    public void CrossEntropy_None_TakesEachRowsOwnFactor([Values] bool kernels) =>
        Assert.That(Gradient(kernels, (node, b) => Form(node, "none", b.Expand(node.Inputs[0]!, b.Shape(node.Inputs[2]!)))), Is.EqualTo(Plain(kernels)).Within(1e-6));

    [TestCase("sum", true)]
    [TestCase("mean", true)]
    [TestCase("sum", false)]
    [TestCase("mean", false)]
    public void CrossEntropy_ClassWeights_AreFactorsOfTheRows(string reduction, bool kernels)
    {
        float[] weights = [1, 2, 0.5f, 3, 4];
        var rows = Labels().Select(label => label < 0 ? 0 : weights[label]).ToArray();
        var byRow = Gradient(kernels, (node, b) => Form(node, "none", b.Constant(Tensor.Vector<float>([.. rows.Select(row => reduction == "mean" ? row / rows.Sum() : row / Rows)]))));
        var byClass = Gradient(kernels, (node, b) => Form(node, reduction, reduction == "mean" ? b.Constant(1f) : node.Inputs[0]!, b.Constant(Tensor.Vector<float>(weights))));
        Assert.That(byClass, Is.EqualTo(byRow).Within(1e-6));
    }

    [Test]
    public void CrossEntropy_MeanOfNothing_IsZero([Values] bool kernels) =>
        Assert.That(Gradient(kernels, (node, b) => Form(node, "mean", b.Constant(1f)), nothing: true), Is.All.Zero);

    [Test]
    public void CrossEntropy_NoIgnoredLabelNamed_CountsEveryRow([Values] bool kernels)
    {
        var named = Gradient(kernels, (node, b) => Form(node, "mean", b.Constant(1f)), labelled: true);
        var unnamed = Gradient(kernels, (node, b) =>
        {
            Form(node, "mean", b.Constant(1f));
            node.Attributes.Remove("ignore_index");
        }, labelled: true);
        Assert.That(unnamed, Is.EqualTo(named).Within(1e-6));
    }

    [Test]
    public void ConcatTraining_LengthsUsedBySplitTraining_GivesThePartsBack([Values] bool lengths)
    {
        var gradient = Gradient(true, (node, b) =>
        {
            var scores = node.Inputs[1]!; // [batch, classes]
            var joined = b.Ops("ConcatTraining", [scores, scores, node.Inputs[1]], 2, [("axis", 1)], "com.microsoft");
            joined.Outputs[0].Type = new TensorType(ElementType.Float, ["batch", SmallClassifier.Classes * 3]);
            joined.Outputs[1].Type = new TensorType(ElementType.Int64, [3]);
            var split = lengths ? joined.Outputs[1] : b.Constant(SmallClassifier.Classes, SmallClassifier.Classes, SmallClassifier.Classes);
            var parts = b.Ops("SplitTraining", [joined.Outputs[0], split], 3, [("axis", 1), ("num_outputs", 3)], "com.microsoft");
            parts.Outputs[1].Type = scores.Type;
            node.SetInput(1, parts.Outputs[1]);
        });
        Assert.That(gradient, Is.EqualTo(Plain(true)).Within(1e-6));
    }

    private static float[] Plain(bool kernels, float scale = 1) => [.. Gradient(kernels, (_, _) => { }).Select(x => x * scale)];

    private static void Form(Node node, string reduction, Value dY, Value? weights = null)
    {
        node.Attributes["reduction"] = reduction;
        node.SetInput(0, dY);
        if (weights is not null)
        {
            node.SetInput(3, weights);
        }
    }

    private static int[] Labels(bool nothing = false, bool labelled = false) =>
        [.. Enumerable.Range(0, Rows).Select(row => nothing || (!labelled && row % 5 == 4) ? -100 : row * 7 % SmallClassifier.Classes)];

    /// <summary>The gradient of <c>w2</c>.</summary>
    private static float[] Gradient(bool kernels, Action<Node, GraphBuilder> change, bool nothing = false, bool labelled = false)
    {
        using var engine = StockEngine.Create("training_model.onnx", SmallClassifier.Training(change), SmallClassifier.Evaluation, SmallClassifier.Checkpoint(),
            new SessionSettings { Threads = 2, Kernels = kernels });
        var x = MemoryMarshal.Cast<byte, float>(engine.Input(0, [Rows, SmallClassifier.Width]));
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = (i * 37 % 101 / 50f) - 1;
        }

        var labels = MemoryMarshal.Cast<byte, long>(engine.Input(1, [Rows]));
        var wanted = Labels(nothing, labelled);
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = wanted[i];
        }

        engine.ForwardBackward(1, 0, 0);
        return MemoryMarshal.Cast<byte, float>(engine.Gradient(Array.IndexOf(SmallClassifier.Names, "w2")).Span).ToArray();
    }
}
