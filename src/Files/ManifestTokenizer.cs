namespace OnnxPipeline.Files;

/// <param name="Kind"><c>bpe</c>, <c>char</c>, <c>wordpiece</c>, …</param>
/// <param name="VocabSize">Number of ids, special tokens included.</param>
public sealed record ManifestTokenizer(string Kind, int VocabSize);
