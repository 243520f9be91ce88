using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// Makes tokenizers from text. Text is streamed; counts of its different words are all that is held. The same text and settings give the
/// same files, whatever the number of threads.
/// </summary>
public static class TokenizerTrainer
{
    /// <summary>Longer words are counted in pieces of this many characters: they are data, not language.</summary>
    private const int LongestWord = 256;

    /// <summary>Of a longer word the pieces that are counted, from its beginning: a file without any space would fill the memory with pieces that never repeat.</summary>
    private const int MostPieces = 16;

    private static readonly Dictionary<string, Func<TokenizerTraining, Corpus, string, TokenizerSummary>> Trainers = new()
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
            ? train(training, new Corpus(files, training, progress ?? (_ => { }), cancellation), folder)
            : throw new TextException($"There is no tokenizer kind '{training.Kind}'; there are {string.Join(", ", Kinds)}.", exitCode: 64);

    private static TokenizerSummary Bpe(TokenizerTraining training, Corpus corpus, string folder)
    {
        if (training.VocabularySize is not >= 257)
        {
            throw new TextException($"A byte-level BPE has 256 bytes and {TokenizerWriter.EndOfText} in its vocabulary: a size of at least 257 was wanted, {training.VocabularySize?.ToString() ?? "none"} was given.", exitCode: 64);
        }

        var words = corpus.Count<string>(training.Lowercase ? Lowercase.Of : null, (text, counts) =>
        {
            var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
            for (var rest = text.AsSpan(); !rest.IsEmpty;)
            {
                var length = Gpt2Words.FirstLength(rest);
                if (length <= LongestWord)
                {
                    Add(lookup, rest[..length]);
                }
                else
                {
                    AddPieces(lookup, rest[..length]);
                }

                rest = rest[length..];
            }
        });
        var learner = BpeLearner.OfBytes(words);
        learner.Learn(training.VocabularySize.Value - 1, training.MinFrequency ?? 2, corpus.Progress, corpus.Cancellation);
        TokenizerWriter.WriteBpe(folder, learner.Tokens, learner.Merges, training.Lowercase);
        return new TokenizerSummary("bpe", learner.Tokens.Count + 1, learner.Merges.Count, corpus.Bytes, words.Count);
    }

    private static void AddPieces(Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> counts, ReadOnlySpan<char> word)
    {
        for (var piece = 0; piece < MostPieces && !word.IsEmpty; piece++)
        {
            var length = word.Length <= LongestWord ? word.Length : LongestWord - (char.IsHighSurrogate(word[LongestWord - 1]) ? 1 : 0);
            Add(counts, word[..length]);
            word = word[length..];
        }
    }

    private static void Add(Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> counts, ReadOnlySpan<char> word) =>
        counts[word] = counts.TryGetValue(word, out var count) ? count + 1 : 1;

    private static TokenizerSummary WordPieces(TokenizerTraining training, Corpus corpus, string folder)
    {
        var least = WordPieceLearning.SpecialTokens.Count + 2;
        if (training.VocabularySize is not { } size || size < least)
        {
            throw new TextException($"A WordPiece has {string.Join(' ', WordPieceLearning.SpecialTokens)} and a character in two forms in its vocabulary: a size of at least {least} was wanted, {training.VocabularySize?.ToString() ?? "none"} was given.", exitCode: 64);
        }

        var normalizer = new BertNormalizer(CleanText: true, HandleChineseChars: true, StripAccents: training.Lowercase, training.Lowercase);
        var longest = new WordPieceSettings().LongestWord;
        var words = corpus.Count<string>(normalizer.Apply, (text, counts) =>
        {
            var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
            for (var (start, end) = BertWords.Next(text, 0); start < text.Length; (start, end) = BertWords.Next(text, end))
            {
                if (!BertWords.IsLonger(text.AsSpan(start, end - start), longest)) // a longer one is unknown whatever is learned from it
                {
                    Add(lookup, text.AsSpan(start, end - start));
                }
            }
        });
        var learner = WordPieceLearning.Begin(words, size);
        learner.Learn(size, training.MinFrequency ?? 2, corpus.Progress, corpus.Cancellation);
        TokenizerWriter.WriteWordPiece(folder, learner.Tokens, training.Lowercase);
        return new TokenizerSummary("wordpiece", learner.Tokens.Count, learner.Merges.Count, corpus.Bytes, words.Count);
    }

    private static TokenizerSummary Characters(TokenizerTraining training, Corpus corpus, string folder)
    {
        if (training.VocabularySize is < 3)
        {
            throw new TextException($"A vocabulary of characters has {TokenizerWriter.Unknown} and {TokenizerWriter.EndOfText} beside them: a size of at least 3 was wanted, {training.VocabularySize} was given.", exitCode: 64);
        }

        var counts = corpus.Count<Rune>(training.Lowercase ? Lowercase.Of : null, (text, counts) =>
        {
            foreach (var rune in text.EnumerateRunes())
            {
                counts[rune] = counts.GetValueOrDefault(rune) + 1;
            }
        });
        var kept = counts.Where(entry => entry.Value >= (training.MinFrequency ?? 1))
            .OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key)
            .Take((training.VocabularySize ?? int.MaxValue) - 2)
            .Select(entry => entry.Key).Order().Select(rune => rune.ToString()).ToList();
        TokenizerWriter.WriteCharacters(folder, kept, training.Lowercase);
        return new TokenizerSummary("char", kept.Count + 2, 0, corpus.Bytes, counts.Count);
    }

    /// <summary>The text to train on, and how it is counted.</summary>
    private sealed class Corpus(IReadOnlyList<string> files, TokenizerTraining training, Action<string> progress, CancellationToken cancellation)
    {
        public Action<string> Progress => progress;

        public CancellationToken Cancellation => cancellation;

        public long Bytes { get; private set; }

        public Dictionary<T, long> Count<T>(Normalizer? normalize, Action<string, Dictionary<T, long>> count) where T : notnull
        {
            var threads = Math.Max(1, training.Threads);
            var counts = Enumerable.Range(0, threads).Select(_ => new Dictionary<T, long>()).ToArray();
            ChunkWork.Run(TextChunks.Read(files), threads, (slot, chunk) =>
            {
                foreach (var text in chunk.Text.Split(TokenizerWriter.EndOfText, StringSplitOptions.RemoveEmptyEntries))
                {
                    count(normalize is null ? text : normalize(text, out _), counts[slot]);
                }
            }, (_, chunk) =>
            {
                Bytes += chunk.Bytes;
                progress($"Counting words: {Bytes >> 20} MiB, file {chunk.File + 1} of {files.Count}");
            }, cancellation);
            foreach (var more in counts.Skip(1))
            {
                foreach (var (key, number) in more)
                {
                    counts[0][key] = counts[0].GetValueOrDefault(key) + number;
                }
            }

            return counts[0];
        }
    }
}
