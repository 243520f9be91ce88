using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Functions;

internal static class Losses
{
    // 1 is taken from the probability of each label's class: reading and writing one element a row instead of a one-hot array of the size of the logits.
    public static IReadOnlyList<Value> SoftmaxCrossEntropyLossGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, logProb) = (inputs[0], inputs[1]);
        var label = b.Cast(inputs[2], ElementType.Int64); // [N, d...]
        var zero = b.Constant(Tensor.Scalar(0L));
        var ignored = b.Equal(label, b.IntAttribute("ignore_index"));
        var place = b.Unsqueeze(b.Where(ignored, zero, label), 1); // [N, 1, d...]; an ignored label may lie outside the classes
        var probability = b.Exp(logProb); // [N, C, d...]
        var chosen = b.Op("GatherElements", [probability, place], [("axis", 1)]);
        var difference = b.ScatterElements(probability, place, b.Sub(chosen, b.NumberLike(logProb, 1)), 1);
        var factor = b.Unsqueeze(b.Where(ignored, b.NumberLike(dY, 0), dY), 1); // [N, 1, d...]
        return [b.Mul(difference, factor)];
    }

    public static IReadOnlyList<Value> SoftmaxCrossEntropyLossAndGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (scores, labels, dY) = (inputs[0], inputs[1], inputs[2]);
        var loss = b.Ops("SoftmaxCrossEntropyLoss", [scores, labels], 2,
            [("reduction", BodyBuilder.TextReference("reduction")), ("ignore_index", BodyBuilder.IntReference("ignore_index"))]);
        return [loss.Outputs[0], SoftmaxCrossEntropyLossGrad(b, [dY, loss.Outputs[1], labels])[0]];
    }

    public static string? RefuseSoftmaxCrossEntropyLossGrad(Node node) =>
        node.Text("reduction", "mean") is var reduction && reduction != "sum" ? $"reduction is {reduction}, wanted sum (divide outside)"
        : node.Input(3) is not null ? "it has class weights (multiply outside)"
        : null;
}
