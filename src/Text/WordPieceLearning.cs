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
    public static BpeLearner Begin(IReadOnlyDictionary<string, long> words, int size)
    {
        var prefix = new WordPieceSettings().Prefix;
        var kept = Characters(words, size - SpecialTokens.Count);
        var first = Number(kept.Keys, SpecialTokens.Count);
        var inside = Number(kept.Where(entry => entry.Value).Select(entry => entry.Key), SpecialTokens.Count + first.Count);
        var alphabet = SpecialTokens.Concat(first.Keys.Order().Select(rune => rune.ToString())).Concat(inside.Keys.Order().Select(rune => prefix + rune));
        var learner = new BpeLearner(alphabet, words.Count, words.Keys.Sum(word => (long)word.Length), prefix);
        var symbols = new List<int>();
        foreach (var (word, count) in words)
        {
            symbols.Clear();
            foreach (var rune in word.EnumerateRunes())
            {
                symbols.Add((symbols.Count == 0 ? first : inside).GetValueOrDefault(rune, -1));
            }

            if (!symbols.Contains(-1))
            {
                learner.Add(CollectionsMarshal.AsSpan(symbols), count);
            }
        }

        return learner;
    }

    /// <summary>The most frequent characters that fit, and whether one stands inside a word, which takes a second token.</summary>
    private static Dictionary<Rune, bool> Characters(IReadOnlyDictionary<string, long> words, int room)
    {
        var found = new Dictionary<Rune, (long Count, bool IsInside)>();
        foreach (var (word, count) in words)
        {
            var isInside = false;
            foreach (var rune in word.EnumerateRunes())
            {
                var (before, was) = found.GetValueOrDefault(rune);
                found[rune] = (before + count, was || isInside);
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

    private static Dictionary<Rune, int> Number(IEnumerable<Rune> characters, int from) => characters.Order().Select((rune, i) => (rune, from + i)).ToDictionary();
}
