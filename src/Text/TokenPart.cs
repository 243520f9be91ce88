namespace OnnxPipeline.Text;

/// <summary>Ids that follow one another in a token file.</summary>
public sealed record TokenPart(TokenFile File, long Start, long Length)
{
    /// <summary>The first part and the last; the last has <paramref name="fraction"/> of the ids, rounded up.</summary>
    /// <param name="fraction">0 to 1.</param>
    public (TokenPart First, TokenPart Last) SplitLast(double fraction)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fraction);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fraction, 1);
        var first = (long)(Length * (1 - fraction));
        return (this with { Length = first }, this with { Start = Start + first, Length = Length - first });
    }

    /// <summary>Copies the ids from <paramref name="start"/> on, counted from the beginning of this part.</summary>
    public void CopyTo(long start, Span<long> to)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - to.Length);
        File.CopyTo(Start + start, to);
    }

    /// <summary>All ids, one by one.</summary>
    public IEnumerable<long> Ids()
    {
        var piece = new long[Math.Min(1 << 16, Length)];
        for (long start = 0; start < Length; start += piece.Length)
        {
            var count = (int)Math.Min(piece.Length, Length - start);
            CopyTo(start, piece.AsSpan(0, count));
            for (var i = 0; i < count; i++)
            {
                yield return piece[i];
            }
        }
    }
}
