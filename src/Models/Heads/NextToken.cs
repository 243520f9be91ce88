using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Models.Heads;

/// <summary>
/// The loss of causal language models as Transformers computes it (ForCausalLMLoss): the label of a position is the one of the next; the mean
/// of −ln p over the positions whose label is not −100. Where there are none it is 0.
/// </summary>
internal static class NextToken
{
    private const long Ignored = -100;

    public static Head Head { get; } = new("clm", "logits", new("none", "loss", "labels", Ignored, Shift: true));

    /// <summary>Adds the input <c>labels</c> [batch, sequence] int64 and gives the scalar.</summary>
    /// <param name="logits">[batch, sequence, vocab_size].</param>
    /// <param name="ids">[batch, sequence].</param>
    public static Value Loss(GraphBuilder b, Value logits, Value ids, double smoothing)
    {
        var labels = b.Input("labels", ElementType.Int64, ids.Shape);
        var end = b.ConstantOfShape(b.Concat(0, b.Shape(ids, 0, 1), b.Constant(1)), Tensor.Vector(Ignored)); // [batch, 1]
        var next = b.Concat(1, b.Slice(labels, b.Constant(1), b.Constant(long.MaxValue), b.Constant(1)), end); // [batch, sequence]
        var targets = b.Reshape(next, -1); // [batch·sequence]
        var scores = b.Reshape(logits, -1, logits.Shape![2].Value); // [batch·sequence, vocab_size]
        return b.MeanCrossEntropy(scores, targets, Ignored, smoothing);
    }
}
