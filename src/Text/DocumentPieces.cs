namespace OnnxPipeline.Text;

/// <summary>
/// Documents in pieces of at most N ids, as many as it takes and no more: a document of n ids has ⌈n/N⌉, of which only the first and the last may
/// be shorter. How much shorter the first is, is drawn anew for each epoch of training, so that the cuts are elsewhere; in evaluation the two share evenly.
/// </summary>
internal sealed class DocumentPieces
{
    private readonly Documents _documents;
    private readonly int _room;
    private readonly long? _seed;
    private readonly long[] _first; // of a document, its number among all pieces

    /// <param name="room">N.</param>
    /// <param name="seed">Null: the same pieces in every epoch.</param>
    public DocumentPieces(Documents documents, int room, long? seed)
    {
        (_documents, _room, _seed) = (documents, room, seed);
        _first = new long[documents.Count];
        for (var i = 0; i < documents.Count; i++)
        {
            _first[i] = Count;
            Count += (documents.LengthOf(i) + room - 1) / room;
        }
    }

    public long Count { get; }

    /// <summary>Where a piece is.</summary>
    public (int Document, long Start, int Length) Find(long epoch, long piece)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(piece);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(piece, Count);
        var found = Array.BinarySearch(_first, piece);
        var document = found >= 0 ? found : ~found - 1;
        var length = _documents.LengthOf(document);
        var slack = ((length + _room - 1) / _room * _room) - length; // below N: neither end is empty
        var missing = _seed is { } seed ? new Draws(seed, epoch, document).Below(0, slack + 1) : slack / 2;
        var start = ((piece - _first[document]) * _room) - missing;
        var end = Math.Min(length, start + _room);
        start = Math.Max(0, start);
        return (document, start, (int)(end - start));
    }
}
