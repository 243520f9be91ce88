namespace OnnxPipeline.Text;

/// <summary>How a tokenizer is to be trained.</summary>
public sealed record TokenizerTraining
{
    /// <summary>One of <see cref="TokenizerTrainer.Kinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// The greatest number of ids, special tokens included; fewer if the text has no more to offer. <c>bpe</c> needs one of at least 257 (the 256 bytes and
    /// <c>&lt;|endoftext|&gt;</c>), <c>wordpiece</c> one of at least 7 (five special tokens, and a character that begins a word or goes on with one); of the characters
    /// of a text the most frequent are taken that fit in. <c>char</c> without one takes every character.
    /// </summary>
    public int? VocabularySize { get; init; }

    /// <summary>How often a pair (<c>bpe</c> and <c>wordpiece</c>, 2 if not given) or a character (<c>char</c>, 1 if not given) has to occur.</summary>
    public long? MinFrequency { get; init; }

    /// <summary>Whether the tokenizer lowers the case of every text; <c>wordpiece</c> then also takes the accents off, as BERT's does.</summary>
    public bool Lowercase { get; init; }

    /// <summary>That count words; what is learned does not depend on it.</summary>
    public int Threads { get; init; } = 1;

    internal TrainingLimits Limits { get; init; } = TrainingLimits.Default;
}
