namespace OnnxPipeline.Text;

/// <summary>What training a tokenizer came to.</summary>
/// <param name="Merges">0 for characters.</param>
/// <param name="Bytes">Of text read.</param>
/// <param name="DistinctWords">Different words (<c>bpe</c>, <c>wordpiece</c>) or characters (<c>char</c>) that it was learned from.</param>
public sealed record TokenizerSummary(string Kind, int VocabularySize, int Merges, long Bytes, long DistinctWords)
{
    /// <summary>Words or characters of the text, each as often as it occurs.</summary>
    public long Words { get; init; }

    /// <summary>How many of <see cref="Words"/> were left out, because there are more different ones than are held: such as were rare when the table was full.</summary>
    public long LeftOutWords { get; init; }

    /// <summary>Of the text, in words that are too long to be language: nothing is learned from them.</summary>
    public long PassedOverBytes { get; init; }
}
