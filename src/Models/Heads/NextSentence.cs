using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Models.Heads;

/// <summary>BERT's second objective as Transformers computes it: whether the second segment follows the first (class 0) or not (class 1).</summary>
internal static class NextSentence
{
    public const int Classes = 2;

    /// <summary>Masked tokens and next sentences together. Its loss is a sum of two means, over tokens and over examples: no mean over labels.</summary>
    public static Head Head { get; } = new("mlm-nsp", "prediction_logits", new("none", "loss", null, null, Shift: false));

    /// <summary>Adds the input <c>next_sentence_label</c> [batch] int64 and gives the scalar: the mean of −ln p over the examples whose label is not −100.</summary>
    /// <param name="scores">[batch, 2].</param>
    public static Value Loss(GraphBuilder b, Value scores)
    {
        var labels = b.Input("next_sentence_label", ElementType.Int64, ["batch"]);
        return b.MeanCrossEntropy(scores, labels, MaskedToken.Ignored);
    }
}
