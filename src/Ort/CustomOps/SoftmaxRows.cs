using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>Rows along the last axis, cut into pieces.</summary>
internal readonly record struct SoftmaxRows(long Rows, int Width)
{
    private const int ElementsPerPiece = 1 << 14;

    private long PerPiece => Math.Max(1, ElementsPerPiece / Math.Max(1, Width));

    public long Pieces => Width == 0 ? 0 : KernelCall.Pieces(Rows, PerPiece);

    /// <exception cref="OrtException">There is no last axis, or it is too long.</exception>
    public static SoftmaxRows Of(in TensorView x)
    {
        if (x.Rank == 0 || x.Dim(x.Rank - 1) > int.MaxValue)
        {
            throw new OrtException($"The input has rank {x.Rank} and {x.Count} elements; rows of less than 2^31 were wanted.");
        }

        return new(x.Before(-1), (int)x.Dim(x.Rank - 1));
    }

    /// <summary>Whether a node's axis is the last of its input number <paramref name="input"/>.</summary>
    public static bool AreOf(Node node, int input) =>
        node.Input(input)?.Shape is { Rank: > 0 } shape && node.Int("axis", -1) is var axis && (axis == -1 || axis == shape.Rank - 1);

    public (long First, int Rows) Piece(long index) => (index * PerPiece, (int)Math.Min(PerPiece, Rows - (index * PerPiece)));
}
