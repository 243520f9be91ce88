namespace OnnxPipeline.Pipelines;

/// <summary>What came of a quickstart.</summary>
/// <param name="Folder">Where everything lies.</param>
/// <param name="TrainingTokens">Different tokens of text there are to train on.</param>
/// <param name="SeenTokens">Tokens that training went through.</param>
/// <param name="Perplexity">Of the exported checkpoint, on the validation text.</param>
/// <param name="UnigramPerplexity">Of a model that knows frequencies only, on the same text.</param>
/// <param name="TrigramPerplexity">Of an interpolated Kneser–Ney trigram that counted the training text, on the same text.</param>
/// <param name="Gate">Perplexity must be at most unigram perplexity divided by this; 0: on a text of one's own nothing is asked.</param>
/// <param name="MaskedModel">The exported BERT.</param>
/// <param name="MaskedAccuracy">The share of masked tokens of the validation text that the BERT finds; null where the text is one document.</param>
/// <param name="UnigramAccuracy">The share that guessing the most frequent token finds.</param>
/// <param name="GateMet">Whether it is, and, but for the short form and a text of one's own, the BERT finds more masked tokens than the guess.</param>
/// <param name="ExportDifference">The greatest difference between logits of the exported model and of the evaluation graph.</param>
/// <param name="ServedDifference">The same between those that came over gRPC and those of the exported model in this process.</param>
/// <param name="Texts">Prompts and how the model goes on.</param>
/// <param name="FilledMasks">Texts with a mask, and the token that the BERT puts there first.</param>
/// <param name="Seconds">Of the whole.</param>
public sealed record QuickstartResult(
    string Folder, string Model, string Repository, string LossCurve, int VocabularySize, long Parameters,
    long TrainingTokens, long ValidationTokens, long Steps, long SeenTokens,
    double Perplexity, double UnigramPerplexity, double TrigramPerplexity, double Gate, string MaskedModel, double? MaskedAccuracy, double UnigramAccuracy, bool GateMet,
    double ExportDifference, double ServedDifference, IReadOnlyList<string> Texts, IReadOnlyList<string> FilledMasks, double TrainingSeconds, double Seconds);
