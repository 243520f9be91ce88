using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// Learns byte-level merges from word counts: the most frequent pair of neighbours becomes a token, again and again; of equally frequent
/// pairs the one with the smaller ids, as Hugging Face's trainer has it. Counts of pairs are kept up to date word by word, never counted anew.
/// </summary>
internal sealed class BpeLearner
{
    private readonly List<string> _tokens = [];
    private readonly Dictionary<string, int> _ids = [];
    private readonly List<(string Left, string Right)> _merges = [];

    // Word w is the first _lengths[w] ids from _starts[w] on.
    private readonly int[] _symbols;
    private readonly int[] _starts;
    private readonly int[] _lengths;
    private readonly long[] _counts;

    private readonly Dictionary<ulong, Pair> _pairs = [];
    private readonly List<ulong> _grown = [];

    // Most frequent first. A pair whose count sank stays where it was until it comes up.
    private readonly PriorityQueue<ulong, (long Count, ulong Key)> _queue = new(Comparer<(long Count, ulong Key)>.Create((a, b) =>
        a.Count != b.Count ? b.Count.CompareTo(a.Count) : a.Key.CompareTo(b.Key)));

    public BpeLearner(IReadOnlyDictionary<string, long> words)
    {
        foreach (var character in ByteAlphabet.Characters.Order())
        {
            _ids[character.ToString()] = _tokens.Count;
            _tokens.Add(character.ToString());
        }

        var total = words.Keys.Sum(word => (long)Encoding.UTF8.GetByteCount(word));
        if (total > Array.MaxLength)
        {
            throw new TextException($"The different words of the text have {total} bytes together; at most {Array.MaxLength} can be held. Train on a part of the text.");
        }

        _symbols = new int[total];
        (_starts, _lengths, _counts) = (new int[words.Count], new int[words.Count], new long[words.Count]);
        var (at, w) = (0, 0);
        Span<byte> bytes = stackalloc byte[1024];
        foreach (var (word, count) in words)
        {
            var length = Encoding.UTF8.GetBytes(word, bytes);
            (_starts[w], _lengths[w], _counts[w]) = (at, length, count);
            for (var i = 0; i < length; i++)
            {
                _symbols[at++] = ByteAlphabet.Ranks[bytes[i]];
                if (i > 0)
                {
                    Change(_symbols[at - 2], _symbols[at - 1], count, w);
                }
            }

            w++;
        }
    }

    /// <summary>By id: the 256 bytes, then what merges made.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>Best first.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges => _merges;

    /// <summary>Merges until there are <paramref name="size"/> tokens or no pair occurs <paramref name="minFrequency"/> times.</summary>
    public void Learn(int size, long minFrequency, Action<string> progress, CancellationToken cancellation)
    {
        QueueGrown(minFrequency);
        while (_tokens.Count < size && _queue.TryDequeue(out var key, out var priority))
        {
            if (!_pairs.TryGetValue(key, out var pair))
            {
                continue;
            }

            if (pair.Count != priority.Count)
            {
                if (pair.Count >= minFrequency && pair.Count < priority.Count)
                {
                    _queue.Enqueue(key, (pair.Count, key));
                }

                continue;
            }

            cancellation.ThrowIfCancellationRequested();
            _pairs.Remove(key);
            var (left, right) = ((int)(key >> 32), (int)(uint)key);
            var id = IdOf(left, right);
            foreach (var word in pair.Words)
            {
                Merge(word, left, right, id);
            }

            QueueGrown(minFrequency);
            if (_merges.Count % 500 == 0)
            {
                progress($"Merging: {_tokens.Count} of {size} tokens");
            }
        }
    }

    /// <summary>Two merges can make the same token (<c>aa + aaa</c>, <c>aaaa + a</c>): it has one id.</summary>
    private int IdOf(int left, int right)
    {
        var merge = (_tokens[left], _tokens[right]);
        _merges.Add(merge);
        var token = merge.Item1 + merge.Item2;
        if (!_ids.TryGetValue(token, out var id))
        {
            _ids[token] = id = _tokens.Count;
            _tokens.Add(token);
        }

        return id;
    }

    private void Merge(int word, int left, int right, int id)
    {
        var symbols = _symbols.AsSpan(_starts[word], _lengths[word]);
        var (count, written) = (_counts[word], 0);
        for (var read = 0; read < symbols.Length; read++)
        {
            if (symbols[read] != left || read + 1 == symbols.Length || symbols[read + 1] != right)
            {
                symbols[written++] = symbols[read];
                continue;
            }

            if (written > 0)
            {
                Change(symbols[written - 1], left, -count, word);
                Change(symbols[written - 1], id, count, word);
            }

            if (read + 2 < symbols.Length)
            {
                Change(right, symbols[read + 2], -count, word);
                Change(id, symbols[read + 2], count, word);
            }

            symbols[written++] = id;
            read++;
        }

        _lengths[word] = written;
    }

    private void Change(int left, int right, long by, int word)
    {
        var key = ((ulong)(uint)left << 32) | (uint)right;
        if (!_pairs.TryGetValue(key, out var pair))
        {
            if (by < 0)
            {
                return; // the pair being merged, or one too rare ever to be
            }

            _pairs[key] = pair = new Pair();
        }

        pair.Count += by;
        if (by > 0)
        {
            if (pair.Words.Count == 0 || pair.Words[^1] != word)
            {
                pair.Words.Add(word);
            }

            if (!pair.Grown)
            {
                pair.Grown = true;
                _grown.Add(key);
            }
        }
    }

    /// <summary>A pair grows in the step that makes one of its tokens, and only sinks afterwards: what is too rare then can be forgotten.</summary>
    private void QueueGrown(long minFrequency)
    {
        foreach (var key in _grown)
        {
            if (!_pairs.TryGetValue(key, out var pair))
            {
                continue;
            }

            pair.Grown = false;
            if (pair.Count >= minFrequency)
            {
                _queue.Enqueue(key, (pair.Count, key));
            }
            else
            {
                _pairs.Remove(key);
            }
        }

        _grown.Clear();
    }

    private sealed class Pair
    {
        public long Count;
        public bool Grown;
        public readonly List<int> Words = new(1);
    }
}
