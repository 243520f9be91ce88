namespace OnnxPipeline.Text;

/// <summary>
/// What training a tokenizer holds at most, so that it stays below 2 GB of memory whatever the text. Nothing of it depends on the number of
/// threads, so neither does what is learned.
/// </summary>
internal sealed record TrainingLimits
{
    public static TrainingLimits Default { get; } = new();

    /// <summary>Different words. Above it, or above <see cref="WordBytes"/>, those that are rare so far are left out (<see cref="WordCounts.Fit"/>).</summary>
    public int Words { get; init; } = 4 << 20;

    /// <summary>UTF-8 bytes of the different words together.</summary>
    public int WordBytes { get; init; } = 32 << 20;

    /// <summary>
    /// The text is counted in stretches of this many characters (and what is missing to the end of a <see cref="TextChunk"/>), thread by thread,
    /// then put together: at the ends of stretches, places that only the text decides, rare words are left out. ASCII gives 8 chunks a stretch.
    /// </summary>
    public int StretchCharacters { get; init; } = 8_000_000;

    /// <summary>Different pairs of tokens. Above it the rarest half is forgotten, which would be merged after a million others.</summary>
    public int Pairs { get; init; } = 2 << 20;

    /// <summary>Entries of the lists of words that have a pair. Above it the lists are made anew, without words that do not have it any more.</summary>
    public int PairWords { get; init; } = 48 << 20;
}
