namespace OnnxPipeline.Text;

/// <summary>What training a tokenizer came to.</summary>
/// <param name="Merges">0 for characters.</param>
/// <param name="Bytes">Of text read.</param>
/// <param name="DistinctWords">Different words (<c>bpe</c>, <c>wordpiece</c>) or characters (<c>char</c>) in it.</param>
public sealed record TokenizerSummary(string Kind, int VocabularySize, int Merges, long Bytes, long DistinctWords);
