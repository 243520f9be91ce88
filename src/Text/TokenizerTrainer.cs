namespace OnnxPipeline.Text;

/// <summary>
/// Makes tokenizers from text in less than 2 GB of memory, whatever the text. It is streamed; counts of its different words are all that is held,
/// and where there are more than four million of them (or 32 MiB) those that are rare so far are left out, again and again
/// (<see cref="TokenizerSummary.LeftOutWords"/>). The same text and settings give the same files, whatever the number of threads.
/// </summary>
public static class TokenizerTrainer
{
    /// <summary>Longer words are counted in pieces of this many characters: they are data, not language.</summary>
    private const int LongestWord = 256;

    /// <summary>Of a longer word the pieces that are counted, from its beginning: a file without any space would fill the memory with pieces that never repeat.</summary>
    private const int MostPieces = 16;

    private static readonly Dictionary<string, Func<TokenizerTraining, TrainingText, string, TokenizerSummary>> Trainers = new()
    {
        ["bpe"] = Bpe,
        ["char"] = Characters,
        ["wordpiece"] = WordPieces,
    };

    /// <summary>The kinds that can be trained.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. Trainers.Keys];

    /// <summary>Trains, and writes the files that <see cref="Tokenizer.Load"/> and Hugging Face's tools read.</summary>
    /// <param name="files">See <see cref="TextFiles.Expand"/>. <c>&lt;|endoftext|&gt;</c> in them separates texts.</param>
    /// <param name="folder">Exists and is written to.</param>
    /// <param name="progress">A line saying where the work stands, now and then.</param>
    /// <exception cref="TextException">The settings do not go together, or a file is empty, blank, binary or not UTF-8.</exception>
    public static TokenizerSummary Train(TokenizerTraining training, IReadOnlyList<string> files, string folder, Action<string>? progress = null, CancellationToken cancellation = default) =>
        Trainers.TryGetValue(training.Kind, out var train)
            ? train(training, new TrainingText(files, training, progress ?? (_ => { }), cancellation), folder)
            : throw new TextException($"There is no tokenizer kind '{training.Kind}'; there are {string.Join(", ", Kinds)}.", exitCode: 64);

    private static TokenizerSummary Bpe(TokenizerTraining training, TrainingText text, string folder)
    {
        if (training.VocabularySize is not >= 257)
        {
            throw new TextException($"A byte-level BPE has 256 bytes and {TokenizerWriter.EndOfText} in its vocabulary: a size of at least 257 was wanted, {training.VocabularySize?.ToString() ?? "none"} was given.", exitCode: 64);
        }

        var (learner, summary) = Begin("bpe", text, training.Lowercase ? Lowercase.Of : null, AddBytePairWords, words => BpeLearner.OfBytes(words, training.Limits));
        learner.Learn(training.VocabularySize.Value - 1, training.MinFrequency ?? 2, text.Progress, text.Cancellation);
        TokenizerWriter.WriteBpe(folder, learner.Tokens, learner.Merges, training.Lowercase);
        return summary with { VocabularySize = learner.Tokens.Count + 1, Merges = learner.Merges.Count };
    }

    private static void AddBytePairWords(string text, WordCounts words)
    {
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var length = Gpt2Words.FirstLength(rest);
            AddPieces(rest[..length], words);
            rest = rest[length..];
        }
    }

    private static void AddPieces(ReadOnlySpan<char> word, WordCounts words)
    {
        for (var piece = 0; piece < MostPieces && !word.IsEmpty; piece++)
        {
            var length = word.Length <= LongestWord ? word.Length : LongestWord - (char.IsHighSurrogate(word[LongestWord - 1]) ? 1 : 0);
            words.Add(word[..length]);
            word = word[length..];
        }

        words.PassOver(word);
    }

    /// <summary>Counts the words, and takes them over. When this returns the counts are garbage, before anything is learned.</summary>
    private static (BpeLearner Learner, TokenizerSummary Summary) Begin(string kind, TrainingText text, Func<string, string>? normalize, Action<string, WordCounts> add, Func<WordCounts, BpeLearner> begin)
    {
        var words = text.Words(normalize, add);
        return (begin(words), new TokenizerSummary(kind, 0, 0, text.Bytes, words.Count) { Words = words.Total, LeftOutWords = words.LeftOut, PassedOverBytes = words.PassedOverBytes });
    }

    private static TokenizerSummary WordPieces(TokenizerTraining training, TrainingText text, string folder)
    {
        var least = WordPieceLearning.SpecialTokens.Count + 2;
        if (training.VocabularySize is not { } size || size < least)
        {
            throw new TextException($"A WordPiece has {string.Join(' ', WordPieceLearning.SpecialTokens)} and a character in two forms in its vocabulary: a size of at least {least} was wanted, {training.VocabularySize?.ToString() ?? "none"} was given.", exitCode: 64);
        }

        var normalizer = new BertNormalizer(CleanText: true, HandleChineseChars: true, StripAccents: training.Lowercase, training.Lowercase);
        var longest = new WordPieceSettings().LongestWord;
        var (learner, summary) = Begin("wordpiece", text, normalizer.Apply, (normalized, words) =>
        {
            for (var (start, end) = BertWords.Next(normalized, 0); start < normalized.Length; (start, end) = BertWords.Next(normalized, end))
            {
                var word = normalized.AsSpan(start, end - start);
                if (BertWords.IsLonger(word, longest))
                {
                    words.PassOver(word); // it is unknown whatever is learned from it
                }
                else
                {
                    words.Add(word);
                }
            }
        }, words => WordPieceLearning.Begin(words, size, training.Limits));
        learner.Learn(size, training.MinFrequency ?? 2, text.Progress, text.Cancellation);
        TokenizerWriter.WriteWordPiece(folder, learner.Tokens, training.Lowercase);
        return summary with { VocabularySize = learner.Tokens.Count, Merges = learner.Merges.Count };
    }

    private static TokenizerSummary Characters(TokenizerTraining training, TrainingText text, string folder)
    {
        if (training.VocabularySize is < 3)
        {
            throw new TextException($"A vocabulary of characters has {TokenizerWriter.Unknown} and {TokenizerWriter.EndOfText} beside them: a size of at least 3 was wanted, {training.VocabularySize} was given.", exitCode: 64);
        }

        var counts = text.Characters(training.Lowercase ? Lowercase.Of : null);
        var kept = counts.Where(entry => entry.Value >= (training.MinFrequency ?? 1))
            .OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key)
            .Take((training.VocabularySize ?? int.MaxValue) - 2)
            .Select(entry => entry.Key).Order().Select(rune => rune.ToString()).ToList();
        TokenizerWriter.WriteCharacters(folder, kept, training.Lowercase);
        return new TokenizerSummary("char", kept.Count + 2, 0, text.Bytes, counts.Count) { Words = counts.Values.Sum() };
    }
}
