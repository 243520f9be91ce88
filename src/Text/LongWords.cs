using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// The merges of BPE in n log n for words of any length, with the results of the library, whose time grows with the square: a megabyte without
/// a space, sent to a server, would keep it busy for minutes.
/// </summary>
internal sealed class LongWords
{
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> _merges = [];
    private readonly int[] _bytes = new int[256];

    public LongWords(IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> merges)
    {
        for (var b = 0; b < 256; b++)
        {
            _bytes[b] = vocabulary[ByteAlphabet.Characters[b].ToString()];
        }

        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            _merges.TryAdd((vocabulary[left], vocabulary[right]), (rank, vocabulary[left + right]));
        }
    }

    public int[] Merge(ReadOnlySpan<char> word)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(word)];
        Encoding.UTF8.GetBytes(word, bytes);
        var ids = Array.ConvertAll(bytes, b => _bytes[b]);
        var (previous, next) = (new int[ids.Length], new int[ids.Length]);
        var queue = new PriorityQueue<(int At, int Left, int Right), (int Rank, int At)>();
        for (var i = 0; i < ids.Length; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1 < ids.Length ? i + 1 : -1);
            Offer(i);
        }

        while (queue.TryDequeue(out var pair, out _))
        {
            var right = next[pair.At];
            if (ids[pair.At] != pair.Left || right < 0 || ids[right] != pair.Right)
            {
                continue; // one of the two was merged meanwhile
            }

            ids[pair.At] = _merges[(pair.Left, pair.Right)].Id;
            ids[right] = -1;
            next[pair.At] = next[right];
            if (next[right] >= 0)
            {
                previous[next[right]] = pair.At;
            }

            Offer(pair.At);
            if (previous[pair.At] >= 0)
            {
                Offer(previous[pair.At]);
            }
        }

        return [.. ids.Where(id => id >= 0)];

        void Offer(int at)
        {
            if (next[at] >= 0 && _merges.TryGetValue((ids[at], ids[next[at]]), out var merge))
            {
                queue.Enqueue((at, ids[at], ids[next[at]]), (merge.Rank, at));
            }
        }
    }
}
