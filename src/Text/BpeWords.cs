namespace OnnxPipeline.Text;

/// <summary>The words that BPE learns from, each as the ids of its tokens, one word after another in one array; in its place a word gets shorter as tokens are merged.</summary>
/// <param name="words">How many will be added at most.</param>
/// <param name="symbols">How many ids they have together.</param>
internal sealed class BpeWords(int words, int symbols)
{
    // Word w is the first _lengths[w] ids from _starts[w] on.
    private readonly int[] _symbols = new int[symbols];
    private readonly int[] _starts = new int[words];
    private readonly int[] _lengths = new int[words];
    private readonly long[] _counts = new long[words];

    public int Count { get; private set; }

    /// <summary>Ids that there is room for.</summary>
    public int Room => _symbols.Length;

    /// <summary>The tokens of a word, which may be changed.</summary>
    public Span<int> this[int word] => _symbols.AsSpan(_starts[word], _lengths[word]);

    /// <summary>How often a word is in the text.</summary>
    public long Occurrences(int word) => _counts[word];

    public void Add(ReadOnlySpan<int> word, long occurrences)
    {
        var start = Count == 0 ? 0 : _starts[Count - 1] + _lengths[Count - 1];
        word.CopyTo(_symbols.AsSpan(start));
        (_starts[Count], _lengths[Count], _counts[Count]) = (start, word.Length, occurrences);
        Count++;
    }

    /// <summary>Leaves the first tokens of a word.</summary>
    public void Shorten(int word, int length) => _lengths[word] = length;
}
