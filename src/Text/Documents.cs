namespace OnnxPipeline.Text;

/// <summary>The documents of a corpus: the runs of ids between separators. An index of 16 bytes a document is held in memory, the ids are not.</summary>
public sealed class Documents
{
    private readonly TokenFile _file;
    private readonly (long Start, long Length)[] _parts;

    private Documents(TokenFile file, (long Start, long Length)[] parts)
    {
        (_file, _parts) = (file, parts);
        Tokens = parts.Sum(part => part.Length);
    }

    public int Count => _parts.Length;

    /// <summary>Ids of all documents, without separators.</summary>
    public long Tokens { get; }

    /// <summary>The id that stands between documents: <c>[SEP]</c>, or what else ends a text.</summary>
    /// <exception cref="TextException">The tokenizer has no such token.</exception>
    public static int Separator(Tokenizer tokenizer) => tokenizer.SepId ?? tokenizer.EosId
        ?? throw new TextException($"The tokenizer (kind {tokenizer.Kind}) has no token that ends a text, which was wanted between documents. `onnxpipe tokenizer train` makes one that has it.");

    /// <summary>Reads through the ids once; documents without ids are left out.</summary>
    public static Documents In(TokenFile file, Tokenizer tokenizer)
    {
        var separator = Separator(tokenizer);
        var parts = new List<(long, long)>();
        var buffer = new long[1 << 16];
        long start = 0;
        for (long at = 0; at < file.Count; at += buffer.Length)
        {
            var ids = buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.Count - at));
            file.CopyTo(at, ids);
            for (var from = 0; ids[from..].IndexOf(separator) is >= 0 and var found; from += found + 1)
            {
                Add(at + from + found);
                start = at + from + found + 1;
            }
        }

        Add(file.Count);
        return new Documents(file, [.. parts]);

        void Add(long end)
        {
            if (end > start)
            {
                parts.Add((start, end - start));
            }
        }
    }

    /// <summary>Ids in a document, at least 1.</summary>
    public long LengthOf(int document) => _parts[document].Length;

    /// <summary>Copies ids of a document from <paramref name="start"/> on, counted from its beginning.</summary>
    public void CopyTo(int document, long start, Span<long> to)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, LengthOf(document) - to.Length);
        _file.CopyTo(_parts[document].Start + start, to);
    }

    /// <summary>
    /// Whole documents chosen by the seed until they have <paramref name="fraction"/> of all ids, at least one and not all; the others. Both in the order of the text.
    /// </summary>
    /// <param name="fraction">Above 0, below 1.</param>
    /// <exception cref="TextException">There is only one document.</exception>
    public (Documents Others, Documents Chosen) Split(double fraction, long seed)
    {
        if (Count < 2)
        {
            throw new TextException(
                $"The text is {Count} document, of which none can be kept for evaluation: documents are kept whole. "
                + "Say with --documents what ends a document (line, blank-line, file), give --validation FILE, or --validation 0 for no evaluation.");
        }

        var order = new DataOrder(seed, 0, Count);
        var chosen = new bool[Count];
        var (wanted, tokens) = (Tokens * fraction, 0L);
        for (var i = 0; i < Count - 1 && tokens < wanted; i++)
        {
            chosen[order[i]] = true;
            tokens += LengthOf((int)order[i]);
        }

        return (new(_file, [.. _parts.Where((_, i) => !chosen[i])]), new(_file, [.. _parts.Where((_, i) => chosen[i])]));
    }
}
