using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>What GatherGrad and GatherGradAdd have in common: rows of dY added to the rows of dX that they came from.</summary>
internal static unsafe class GatheredRows
{
    private const int ElementsPerPiece = 1 << 18;

    /// <summary>Makes dX [rows, …] the sum of <paramref name="start"/> (null: of zeros) and of dY at its rows.</summary>
    /// <exception cref="OrtException">dY does not go with the indices, or an index is no row.</exception>
    public static void Run(KernelCall call, float* start, float* dX, ReadOnlySpan<long> dims, in TensorView indices, in TensorView dY)
    {
        var (rows, width) = (dims[0], 1L);
        foreach (var dim in dims[1..])
        {
            width *= dim;
        }

        if (dY.Count != indices.Count * width)
        {
            throw new OrtException($"dY has {dY.Count} elements; {indices.Count} rows of {width} were wanted.");
        }

        if (start != dX)
        {
            call.Run(new StartPieces { Start = start, DX = dX, Count = rows * width }, KernelCall.Pieces(rows * width, ElementsPerPiece));
        }

        var invalid = -1L;
        call.Run(new RowPieces
        {
            Indices = (long*)indices.Data,
            DY = dY.Floats,
            DX = dX,
            Count = checked((int)indices.Count),
            Rows = rows,
            Width = checked((int)width),
            Invalid = &invalid,
        }, KernelCall.Pieces(width, GatherGrad.ColumnsPerPiece));
        if (invalid >= 0)
        {
            throw new OrtException($"index {((long*)indices.Data)[invalid]} at place {invalid} is no row: there are {rows}.");
        }
    }

    private struct StartPieces : IPieces
    {
        public float* Start, DX;
        public long Count;

        public readonly void Run(long index)
        {
            var first = index * ElementsPerPiece;
            var to = new Span<float>(DX + first, (int)Math.Min(ElementsPerPiece, Count - first));
            if (Start is null)
            {
                to.Clear();
            }
            else
            {
                new ReadOnlySpan<float>(Start + first, to.Length).CopyTo(to);
            }
        }
    }

    private struct RowPieces : IPieces
    {
        public long* Indices, Invalid;
        public float* DY, DX;
        public int Count, Width;
        public long Rows;

        public readonly void Run(long index)
        {
            var first = (int)index * GatherGrad.ColumnsPerPiece;
            var bad = GatherGrad.Add(
                new ReadOnlySpan<long>(Indices, Count), new(DY, checked(Count * Width)), Width, first, Math.Min(GatherGrad.ColumnsPerPiece, Width - first),
                new(DX, checked((int)(Rows * Width))));
            if (bad >= 0)
            {
                Interlocked.Exchange(ref *Invalid, bad);
            }
        }
    }
}
