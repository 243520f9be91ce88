using NUnit.Framework;
using OnnxPipeline.Autodiff;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.Tests.StepGraph.Fusions;

public sealed class SoftmaxCrossEntropyLossAndGradTests
{
    private const int Rows = 12, Classes = 37;

    [Test]
    public void Rewrite_FactorOfLabelsAlone_IsOneNodeBehindIt([Values("sum", "mean")] string reduction)
    {
        var rewritten = Rewritten.Of(b => Write(b, reduction, (labels, _) => b.Reciprocal(b.ReduceSumAll(b.Cast(labels, ElementType.Float)))));

        Assert.That(rewritten.Operators.Last(), Is.EqualTo("SoftmaxCrossEntropyLossAndGrad"));
        Assert.That(rewritten.Operators, Has.None.Contains("LossGrad").And.None.EqualTo("SoftmaxCrossEntropyLoss"));
        rewritten.AssertSameOutputs(1e-5, Inputs());
    }

    [Test]
    public void Rewrite_FactorFollowsFromTheLoss_IsDeclined() =>
        AssertDeclined("follows from the loss", b => Write(b, "sum", (_, loss) => b.Mul(loss, loss)));

    [Test]
    public void Rewrite_LogProbUsedElsewhere_IsDeclined() =>
        AssertDeclined("for it alone", b => Write(b, "sum", (_, _) => b.Constant(1f), logProb => b.Output(b.Exp(logProb), "probabilities")));

    [Test]
    public void Rewrite_OtherIgnoredLabel_IsDeclined() => AssertDeclined("other labels", b => Write(b, "sum", (_, _) => b.Constant(1f), ignored: -1));

    /// <summary>Loss and gradient as the project's own training graphs have them, by its own differentiation.</summary>
    [TestCase(0.1, "mean of what counts", true)]
    [TestCase(0.1, "counts all", false)]
    [TestCase(0.1, "other share", false)]
    public void Rewrite_LabelSmoothing_IsOneNodeWhereItIsWhole(double smoothing, string form, bool fused)
    {
        var rewritten = Rewritten.Of(b =>
        {
            var scores = b.Input("scores", ElementType.Float, [Rows, Classes]);
            var labels = b.Input("labels", ElementType.Int64, [Rows]);
            var loss = b.MeanCrossEntropy(scores, labels, -100, smoothing);
            Break(b, form);
            b.Output(loss, "loss");
            b.Output(Backward.Append(b.Graph, new Dictionary<string, int> { [""] = 18, ["com.microsoft"] = 1, ["ai.onnxpipeline"] = 1 }, loss, [scores])[scores], "dScores");
        });

        Assert.That(rewritten.Operators, fused ? Does.Contain("SmoothedCrossEntropyLossAndGrad") : Does.Contain("SoftmaxCrossEntropyLossAndGrad"));
        Assert.That(rewritten.Operators, fused ? Has.None.Contains("LogSoftmax") : Does.Contain("LogSoftmax"));
        rewritten.AssertSameOutputs(1e-6, Rewritten.Numbers(1, Rows, Classes), Tensor.Vector<long>([.. Enumerable.Range(0, Rows).Select(row => row % 5 == 3 ? -100 : row * 5L % Classes)]));
    }

    /// <summary>Something about the smoothing that the one node does not compute.</summary>
    private static void Break(GraphBuilder b, string form)
    {
        var mean = b.Graph.Nodes.Single(node => node.OpType == "ReduceMean").Outputs[0];
        if (form == "counts all")
        {
            var product = mean.Uses.Single().Node;
            b.Graph.ReplaceAllUses(product.Outputs[0], mean);
            b.Graph.Nodes.Remove(product);
        }
        else if (form == "other share")
        {
            var product = b.Graph.Nodes.Single(node => node.OpType == "Sub").Inputs[1]!.Producer!;
            product.SetInput(1, new GraphBuilder(b.Graph, 18, before: product).Constant(0.3f));
        }
    }

    private static void AssertDeclined(string reason, Action<GraphBuilder> write)
    {
        var rewritten = Rewritten.Of(write);
        Assert.That(rewritten.Operators, Does.Contain("SoftmaxCrossEntropyLossGrad"));
        Assert.That(rewritten.Declined, Has.One.Contains(reason));
        rewritten.AssertSameOutputs(1e-3, Inputs());
    }

    private static void Write(GraphBuilder b, string reduction, Func<Value, Value, Value> factor, Action<Value>? further = null, long ignored = -100)
    {
        var scores = b.Input("scores", ElementType.Float, [Rows, Classes]);
        var labels = b.Input("labels", ElementType.Int64, [Rows]);
        var loss = b.Ops("SoftmaxCrossEntropyLoss", [b.Neg(scores), labels], 2, [("reduction", reduction), ("ignore_index", -100L)]);
        further?.Invoke(loss.Outputs[1]);
        var dScores = b.Op("SoftmaxCrossEntropyLossGrad", [factor(labels, loss.Outputs[0]), loss.Outputs[1], labels], [("reduction", "sum"), ("ignore_index", ignored)], "com.microsoft");
        dScores.Type = scores.Type;
        b.Output(loss.Outputs[0], "loss");
        b.Output(dScores, "dScores");
    }

    private static Tensor[] Inputs() =>
        [Rewritten.Numbers(1, Rows, Classes), Tensor.Vector<long>([.. Enumerable.Range(0, Rows).Select(row => row * 5L % Classes)])];
}
