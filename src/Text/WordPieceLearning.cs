using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// Learns a WordPiece vocabulary as Hugging Face's trainer does: by the merges of BPE over words whose characters but the first carry <c>##</c>.
/// </summary>
internal static class WordPieceLearning
{
    /// <summary>The first ids.</summary>
    public static IReadOnlyList<string> SpecialTokens { get; } = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    /// <summary>
    /// What merges begin with: special tokens, characters by code point, characters inside of words by code point (Hugging Face's trainer has those in
    /// the order of a hash table). If all do not fit, the most frequent do, and words with another character, which would be unknown, teach nothing.
    /// </summary>
    public static BpeLearner Begin(WordCounts words, int size, TrainingLimits limits)
    {
        var prefix = new WordPieceSettings().Prefix;
        var kept = Characters(words, size - SpecialTokens.Count);
        var first = Number(kept.Keys, SpecialTokens.Count);
        var inside = Number(kept.Where(entry => entry.Value).Select(entry => entry.Key), SpecialTokens.Count + first.Count);
        var alphabet = SpecialTokens.Concat(first.Keys.Order().Select(rune => rune.ToString())).Concat(inside.Keys.Order().Select(rune => prefix + rune));
        var learner = new BpeLearner(alphabet, words.Count, words.Bytes, limits, prefix);
        var symbols = new List<int>();
        for (var i = 0; i < words.Count; i++)
        {
            symbols.Clear();
            for (var rest = words.Word(i); Next(ref rest, out var rune);)
            {
                symbols.Add((symbols.Count == 0 ? first : inside).GetValueOrDefault(rune, -1));
            }

            if (!symbols.Contains(-1))
            {
                learner.Add(CollectionsMarshal.AsSpan(symbols), words.Occurrences(i));
            }
        }

        return learner;
    }

    /// <summary>The most frequent characters that fit, and whether one stands inside a word, which takes a second token.</summary>
    private static Dictionary<Rune, bool> Characters(WordCounts words, int room)
    {
        var found = new Dictionary<Rune, (long Count, bool IsInside)>();
        for (var i = 0; i < words.Count; i++)
        {
            var isInside = false;
            for (var rest = words.Word(i); Next(ref rest, out var rune);)
            {
                var (before, was) = found.GetValueOrDefault(rune);
                found[rune] = (before + words.Occurrences(i), was || isInside);
                isInside = true;
            }
        }

        var kept = new Dictionary<Rune, bool>();
        foreach (var (rune, (_, isInside)) in found.OrderByDescending(entry => entry.Value.Count).ThenBy(entry => entry.Key))
        {
            room -= isInside ? 2 : 1;
            if (room < 0)
            {
                break;
            }

            kept.Add(rune, isInside);
        }

        return kept;
    }

    /// <summary>Takes the first character of what is left of a word.</summary>
    private static bool Next(ref ReadOnlySpan<byte> rest, out Rune rune)
    {
        var isOne = Rune.DecodeFromUtf8(rest, out rune, out var length) == OperationStatus.Done;
        rest = rest[length..];
        return isOne;
    }

    private static Dictionary<Rune, int> Number(IEnumerable<Rune> characters, int from) => characters.Order().Select((rune, i) => (rune, from + i)).ToDictionary();
}
