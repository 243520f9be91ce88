namespace OnnxPipeline.Ort.CustomOps;

/// <summary>How the elements of an activation function are cut into pieces: anywhere, or between the rows that a bias is added to.</summary>
/// <param name="Count">Of all elements.</param>
/// <param name="BiasLength">0 where there is none.</param>
internal readonly record struct ActivationRows(long Count, int BiasLength)
{
    private const int ElementsPerPiece = 1 << 14;

    private long Size => BiasLength == 0 ? ElementsPerPiece : (long)BiasLength * Math.Max(1, ElementsPerPiece / BiasLength);

    public long Pieces => KernelCall.Pieces(Count, Size);

    /// <exception cref="OrtException">The bias is none of the last axis.</exception>
    public static unsafe ActivationRows Of(in TensorView x, in TensorView bias)
    {
        var added = bias.Data is not null || bias.Rank > 0;
        var width = x.Rank == 0 ? 1 : x.Dim(x.Rank - 1);
        if (added && (bias.Rank != 1 || bias.Count != width || width > int.MaxValue))
        {
            throw new OrtException($"The bias has rank {bias.Rank} and {bias.Count} elements; [{width}], the last axis of the input, was wanted.");
        }

        return new(x.Count, added ? (int)width : 0);
    }

    public (long First, int Count) Piece(long index) => (index * Size, (int)Math.Min(Size, Count - (index * Size)));
}
