using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.StepGraph.Fusions;

/// <summary>
/// SoftmaxCrossEntropyLoss and its gradient → SoftmaxCrossEntropyLossAndGrad, which visits the scores once and keeps no log_prob. The factor of the
/// gradient is then needed before the loss, so what computes it moves there. With label smoothing, see <see cref="LabelSmoothing"/>.
/// </summary>
internal static class SoftmaxCrossEntropyLossAndGrad
{
    public static Fusion Fusion { get; } = new("SoftmaxCrossEntropyLossAndGrad", "com.microsoft", "SoftmaxCrossEntropyLossGrad", Rewrite);

    private static string? Rewrite(GraphBuilder builder, Node gradient)
    {
        var graph = builder.Graph;
        var (dY, logProb, labels) = (gradient.Inputs[0]!, gradient.Inputs[1]!, gradient.Inputs[2]!);
        if (logProb is not { Producer: { OpType: "SoftmaxCrossEntropyLoss", Domain: "" } loss, Uses.Count: 1 } || graph.Outputs.Contains(logProb))
        {
            return "its log_prob is not that of a SoftmaxCrossEntropyLoss, for it alone";
        }

        const long NoLabel = long.MinValue;
        if (loss.Inputs[1] != labels || loss.Int("ignore_index", NoLabel) != gradient.Int("ignore_index", NoLabel) || loss.Input(2) is not null || gradient.Input(3) is not null
            || gradient.Text("reduction", "mean") != "sum" || loss.Text("reduction", "mean") == "none")
        {
            return "loss and gradient are of other labels, or have class weights or another reduction";
        }

        if (loss.Inputs[0] is not { Element: ElementType.Float, Shape.Rank: 2 } scores || labels.Element != ElementType.Int64)
        {
            return "the scores are not float32 [rows, classes], or the labels not int64";
        }

        var smoothing = loss.Text("reduction", "mean") == "sum" ? LabelSmoothing.Find(loss, gradient) : null;
        if (!Order.Bring(smoothing?.Factor ?? dY, before: loss))
        {
            return "its dY follows from the loss";
        }

        var build = new GraphBuilder(graph, builder.Opset, before: loss, scope: loss.Name + "/");
        (string, AttributeValue) ignored = ("ignore_index", loss.Int("ignore_index", NoLabel));
        var fused = smoothing is null
            ? build.Ops("SoftmaxCrossEntropyLossAndGrad", [scores, labels, dY], 2, [("reduction", loss.Text("reduction", "mean")), ignored], "ai.onnxpipeline")
            : build.Ops(LabelSmoothing.Operator.Name, [scores, labels, smoothing.Factor], 2, [ignored, ("smoothing", smoothing.Share)], LabelSmoothing.Operator.Domain);
        (fused.Outputs[0].Type, fused.Outputs[1].Type) = (loss.Outputs[0].Type, scores.Type);
        graph.ReplaceAllUses(smoothing?.Loss ?? loss.Outputs[0], fused.Outputs[0]);
        graph.ReplaceAllUses(smoothing?.Gradient ?? gradient.Outputs[0], fused.Outputs[1]);
        if (smoothing is null)
        {
            graph.Nodes.Remove(gradient);
            graph.Nodes.Remove(loss);
        }

        return null; // with smoothing, what is of no use any more goes with all dead code
    }
}
