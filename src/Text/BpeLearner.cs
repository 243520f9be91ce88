using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// Learns merges from word counts: the most frequent pair of neighbours becomes a token, again and again; of equally frequent
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

    private readonly string _prefix;
    private int _words;

    /// <param name="alphabet">The first tokens, by id.</param>
    /// <param name="words">How many words will be added at most.</param>
    /// <param name="symbols">How many ids they have together.</param>
    /// <param name="prefix">What a token begins with that goes on with a word; a merge writes it only where the left token has it.</param>
    /// <exception cref="TextException">That is more than can be held.</exception>
    public BpeLearner(IEnumerable<string> alphabet, int words, long symbols, string prefix = "")
    {
        foreach (var token in alphabet)
        {
            _ids.Add(token, _tokens.Count);
            _tokens.Add(token);
        }

        if (symbols > Array.MaxLength)
        {
            throw new TextException($"The different words of the text have {symbols} symbols together; at most {Array.MaxLength} can be held. Train on a part of the text.");
        }

        _prefix = prefix;
        _symbols = new int[symbols];
        (_starts, _lengths, _counts) = (new int[words], new int[words], new long[words]);
    }

    /// <summary>Over the 256 bytes.</summary>
    public static BpeLearner OfBytes(IReadOnlyDictionary<string, long> words)
    {
        var learner = new BpeLearner(ByteAlphabet.Characters.Order().Select(c => c.ToString()), words.Count, words.Keys.Sum(word => (long)Encoding.UTF8.GetByteCount(word)));
        Span<byte> bytes = stackalloc byte[1024];
        Span<int> symbols = stackalloc int[1024];
        foreach (var (word, count) in words)
        {
            var length = Encoding.UTF8.GetBytes(word, bytes);
            for (var i = 0; i < length; i++)
            {
                symbols[i] = ByteAlphabet.Ranks[bytes[i]];
            }

            learner.Add(symbols[..length], count);
        }

        return learner;
    }

    /// <summary>By id: the alphabet, then what merges made.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>Best first.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges => _merges;

    /// <summary>Adds a word of the text, before anything is learned.</summary>
    /// <param name="symbols">Ids of the alphabet.</param>
    public void Add(ReadOnlySpan<int> symbols, long count)
    {
        var start = _words == 0 ? 0 : _starts[_words - 1] + _lengths[_words - 1];
        symbols.CopyTo(_symbols.AsSpan(start));
        (_starts[_words], _lengths[_words], _counts[_words]) = (start, symbols.Length, count);
        for (var i = 1; i < symbols.Length; i++)
        {
            Change(symbols[i - 1], symbols[i], count, _words);
        }

        _words++;
    }

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
        var token = merge.Item1 + (merge.Item2.StartsWith(_prefix, StringComparison.Ordinal) ? merge.Item2[_prefix.Length..] : merge.Item2);
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
