using System.Collections.Concurrent;

namespace OnnxPipeline.Text;

/// <summary>The ids of the words that came first: text repeats its words, so most are looked up. Safe to use from several threads.</summary>
/// <param name="encode">The ids of a word.</param>
internal sealed class WordCache(Func<ReadOnlySpan<char>, int[]> encode)
{
    private const int MostWords = 1 << 17;
    private const int MostLength = 48;

    private readonly ConcurrentDictionary<string, int[]> _words = new();
    private int _count;

    public int[] Ids(ReadOnlySpan<char> word)
    {
        if (word.Length > MostLength)
        {
            return encode(word);
        }

        var lookup = _words.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(word, out var ids))
        {
            return ids;
        }

        ids = encode(word);
        if (Volatile.Read(ref _count) < MostWords && lookup.TryAdd(word, ids))
        {
            Interlocked.Increment(ref _count);
        }

        return ids;
    }
}
