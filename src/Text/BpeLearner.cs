using System.Runtime.InteropServices;

namespace OnnxPipeline.Text;

/// <summary>
/// Learns merges from word counts: the most frequent pair of neighbours becomes a token, again and again; of equally frequent
/// pairs the one with the smaller ids, as Hugging Face's trainer has it. Counts of pairs are kept up to date word by word, never counted anew.
/// The order in which words are added makes no difference.
/// </summary>
internal sealed class BpeLearner
{
    private readonly List<string> _tokens = [];
    private readonly Dictionary<string, int> _ids = [];
    private readonly List<(string Left, string Right)> _merges = [];

    private readonly BpeWords _words;
    private readonly Dictionary<BpePair.Key, BpePair> _pairs = [];
    private readonly List<BpePair.Key> _grown = [];

    // Most frequent first. A pair whose count sank stays where it was until it comes up.
    private readonly PriorityQueue<BpePair.Key, (long Count, BpePair.Key Key)> _queue = new(Comparer<(long Count, BpePair.Key Key)>.Create((a, b) =>
        a.Count != b.Count ? b.Count.CompareTo(a.Count) : a.Key.Left != b.Key.Left ? a.Key.Left.CompareTo(b.Key.Left) : a.Key.Right.CompareTo(b.Key.Right)));

    private readonly string _prefix;
    private readonly TrainingLimits _limits;
    private int _listed; // entries in the lists of all pairs

    /// <param name="alphabet">The first tokens, by id.</param>
    /// <param name="words">How many words will be added at most.</param>
    /// <param name="symbols">How many ids they have together.</param>
    /// <param name="limits">Of pairs; those of words have been held by who counted them.</param>
    /// <param name="prefix">What a token begins with that goes on with a word; a merge writes it only where the left token has it.</param>
    public BpeLearner(IEnumerable<string> alphabet, int words, int symbols, TrainingLimits limits, string prefix = "")
    {
        foreach (var token in alphabet)
        {
            _ids.Add(token, _tokens.Count);
            _tokens.Add(token);
        }

        (_prefix, _limits) = (prefix, limits);
        _words = new BpeWords(words, symbols);
    }

    /// <summary>Over the 256 bytes.</summary>
    public static BpeLearner OfBytes(WordCounts words, TrainingLimits limits)
    {
        var learner = new BpeLearner(ByteAlphabet.Characters.Order().Select(c => c.ToString()), words.Count, words.Bytes, limits);
        var symbols = new List<int>();
        for (var i = 0; i < words.Count; i++)
        {
            symbols.Clear();
            foreach (var b in words.Word(i))
            {
                symbols.Add(ByteAlphabet.Ranks[b]);
            }

            learner.Add(CollectionsMarshal.AsSpan(symbols), words.Occurrences(i));
        }

        return learner;
    }

    /// <summary>By id: the alphabet, then what merges made.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>Best first.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges => _merges;

    /// <summary>Adds a word of the text, before anything is learned.</summary>
    /// <param name="symbols">Ids of the alphabet.</param>
    public void Add(ReadOnlySpan<int> symbols, long count) => _words.Add(symbols, count);

    /// <summary>Merges until there are <paramref name="size"/> tokens or no pair occurs <paramref name="minFrequency"/> times.</summary>
    public void Learn(int size, long minFrequency, Action<string> progress, CancellationToken cancellation)
    {
        CountPairs(minFrequency, cancellation);
        ListWords();
        Queue(minFrequency);
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
            Forget(key, pair);
            var id = IdOf(key.Left, key.Right);
            foreach (var word in pair.Words)
            {
                Merge(word, key.Left, key.Right, id);
            }

            QueueGrown(minFrequency);
            if (_pairs.Count > _limits.Pairs)
            {
                ForgetRarest();
                Queue(minFrequency);
            }

            if (_listed > _limits.PairWords)
            {
                ListWords();
            }

            if (_merges.Count % 500 == 0)
            {
                progress($"Merging: {_tokens.Count} of {size} tokens");
            }
        }
    }

    /// <summary>
    /// Counts the pairs of the words as they are, and forgets what is too rare. In parts, each with its own pairs, so that not all that are too rare
    /// are there at once: there may be as many as symbols.
    /// </summary>
    private void CountPairs(long minFrequency, CancellationToken cancellation)
    {
        var parts = (uint)(1 + (Math.Min(_words.Room, (long)_tokens.Count * _tokens.Count) / _limits.Pairs));
        for (var part = 0; part < parts; part++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var word = 0; word < _words.Count; word++)
            {
                var symbols = _words[word];
                for (var i = 1; i < symbols.Length; i++)
                {
                    var key = new BpePair.Key(symbols[i - 1], symbols[i]);
                    if ((uint)key.GetHashCode() % parts == part)
                    {
                        (CollectionsMarshal.GetValueRefOrAddDefault(_pairs, key, out _) ??= new BpePair()).Count += _words.Occurrences(word);
                    }
                }
            }

            foreach (var (key, pair) in _pairs)
            {
                if (pair.Count < minFrequency)
                {
                    _pairs.Remove(key);
                }
            }

            if (_pairs.Count > _limits.Pairs)
            {
                ForgetRarest();
            }
        }
    }

    /// <summary>Finds the words that have each pair.</summary>
    private void ListWords()
    {
        _listed = 0;
        foreach (var pair in _pairs.Values)
        {
            pair.ForgetWords();
        }

        for (var word = 0; word < _words.Count; word++)
        {
            var symbols = _words[word];
            for (var i = 1; i < symbols.Length; i++)
            {
                if (_pairs.TryGetValue(new BpePair.Key(symbols[i - 1], symbols[i]), out var pair) && pair.Add(word))
                {
                    _listed++;
                }
            }
        }
    }

    /// <summary>The pairs as they are.</summary>
    private void Queue(long minFrequency)
    {
        _queue.Clear();
        _queue.EnqueueRange(_pairs.Where(entry => entry.Value.Count >= minFrequency).Select(entry => (entry.Key, (entry.Value.Count, entry.Key))));
    }

    /// <summary>Leaves the half that would be merged first, were it now.</summary>
    private void ForgetRarest()
    {
        var ranks = _pairs.Select(entry => (entry.Value.Count, entry.Key)).ToArray();
        Array.Sort(ranks, _queue.Comparer);
        foreach (var (_, key) in ranks.AsSpan(_limits.Pairs / 2))
        {
            Forget(key, _pairs[key]);
        }
    }

    private void Forget(BpePair.Key key, BpePair pair)
    {
        _pairs.Remove(key);
        _listed -= pair.Words.Length;
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
        var symbols = _words[word];
        var (count, written) = (_words.Occurrences(word), 0);
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

        _words.Shorten(word, written);
    }

    private void Change(int left, int right, long by, int word)
    {
        var key = new BpePair.Key(left, right);
        if (!_pairs.TryGetValue(key, out var pair))
        {
            if (by < 0)
            {
                return; // the pair being merged, or one too rare ever to be
            }

            _pairs[key] = pair = new BpePair();
        }

        pair.Count += by;
        if (by > 0)
        {
            _listed += pair.Add(word) ? 1 : 0;
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
                Forget(key, pair);
            }
        }

        _grown.Clear();
    }
}
