namespace OnnxPipeline.Inference;

/// <summary>How one prompt went on.</summary>
/// <param name="Ids">The new ones, a token that ended the text and those of a stop text included.</param>
/// <param name="Text">Of the new ids, without special tokens and up to a stop text; null without a tokenizer.</param>
/// <param name="LogProbs">For each new id the natural logarithm of its probability by the model itself, before any setting of <see cref="Sampling"/>.</param>
public sealed record GeneratedText(IReadOnlyList<int> PromptIds, IReadOnlyList<int> Ids, string? Text, IReadOnlyList<double> LogProbs, FinishReason FinishReason);
