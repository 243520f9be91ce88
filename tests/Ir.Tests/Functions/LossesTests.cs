using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Functions;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Functions;

public sealed class LossesTests
{
    private static readonly (string, AttributeValue)[] Sum = [("reduction", "sum")];

    [TestCase(new[] { 4, 5 }, -100)]
    [TestCase(new[] { 2, 5, 3 }, -1)]
    [TestCase(new[] { 2, 3, 2, 2 }, 1)]
    [TestCase(new[] { 4, 5 }, null)]
    public void SoftmaxCrossEntropyLossGrad_SumWithIgnoredLabels_IsTheDerivative(int[] dims, int? ignored)
    {
        var logits = Calls.Random(1, dims);
        int[] labelDims = [dims[0], .. dims[2..]];
        var count = labelDims.Aggregate((a, b) => a * b);
        var labels = new Array64(Enumerable.Range(0, count).Select(i => ignored is { } index && i % 3 == 1 ? index : (i * 7) % (long)dims[1]).ToArray(), labelDims);
        (string, AttributeValue)[] attributes = ignored is { } value ? [.. Sum, ("ignore_index", value)] : Sum;
        var dY = Array64.Scalar(0.7);

        var logProb = Calls.Run("SoftmaxCrossEntropyLoss", "", 2, attributes, logits, labels)[1];
        var gradient = Calls.Run("SoftmaxCrossEntropyLossGrad", Calls.Microsoft, 1, attributes, dY, logProb, labels)[0];
        Assert.That(gradient.Doubles, Is.EqualTo(Calls.Differences(logits, dY, x => Calls.Forward("SoftmaxCrossEntropyLoss", "", attributes, x, labels))).Within(1e-8));
    }

    [Test]
    public void SoftmaxCrossEntropyLossGrad_AllLabelsIgnored_IsZero()
    {
        var logProb = Calls.Forward("LogSoftmax", "", [], Calls.Random(1, 2, 3));
        var gradient = Calls.Run("SoftmaxCrossEntropyLossGrad", Calls.Microsoft, 1, [.. Sum, ("ignore_index", -100)], Array64.Scalar(1.0), logProb, Array64.Vector(-100, -100))[0];
        Assert.That(gradient.Doubles, Is.All.Zero);
    }

    [TestCase("mean", false, "reduction is mean")]
    [TestCase("sum", true, "class weights")]
    public void AddBodies_SoftmaxCrossEntropyLossGradOfAnotherForm_IsRefused(string reduction, bool weighted, string reason)
    {
        var graph = new Graph();
        var b = new GraphBuilder(graph, 18);
        Value Input(string name) => b.Input(name, ElementType.Float, null);
        b.Output(b.Op("SoftmaxCrossEntropyLossGrad", [Input("dY"), Input("p"), Input("label"), weighted ? Input("weight") : null], [("reduction", reduction)], Calls.Microsoft));
        var model = new Model(graph);
        model.OpsetImports.Add("", 18);
        Assert.That(() => FunctionLibrary.Default.AddBodies(model), Throws.TypeOf<IrException>().With.Message.Contains(reason));
    }
}
