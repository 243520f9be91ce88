using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Models.Heads;

/// <summary>
/// The loss of masked language models as Transformers computes it: the mean of −ln p over the positions whose label is not −100. Only those
/// positions go through the head: its product with the vocabulary is most of a small model's work.
/// </summary>
internal static class MaskedToken
{
    public const long Ignored = -100;

    public static Head Head { get; } = new("mlm", "logits", new("none", "loss", "labels", Ignored, Shift: false));

    /// <summary>Adds the input <c>labels</c> [batch, sequence] int64 and gives the scalar.</summary>
    /// <param name="hidden">[batch·sequence, width].</param>
    /// <param name="ids">[batch, sequence].</param>
    /// <param name="head">[rows, width] → scores [rows, vocab_size].</param>
    public static Value Loss(GraphBuilder b, Value hidden, Value ids, Func<GraphBuilder, Value, Value> head, double smoothing)
    {
        var labels = b.Reshape(b.Input("labels", ElementType.Int64, ids.Shape), -1); // [batch·sequence]
        var labelled = b.Not(b.Equal(labels, b.Constant(Tensor.Scalar(Ignored))));
        var positions = b.Squeeze(b.Op("NonZero", [labelled]), 0); // [labelled]
        var rows = b.Concat(0, positions, b.Constant(0)); // one row more, which does not count: not every kernel takes a tensor without rows
        var targets = b.Concat(0, b.Gather(labels, positions), b.Constant(Ignored)); // [labelled + 1]
        var scores = head(b, b.Gather(hidden, rows)); // [labelled + 1, vocab_size]
        return b.MeanCrossEntropy(scores, targets, Ignored, smoothing);
    }
}
