using System.Numerics;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>The gradient of Gather(X, indices) at axis 0, X being rows of some width: rows of dY added where they came from.</summary>
public static class GatherGrad
{
    /// <summary>
    /// Columns that a caller on several threads gives one call. Columns and not rows: each call adds up a row in the order of the indices, so sums do
    /// not depend on the number of threads, and no call has more to do where few rows are taken often.
    /// </summary>
    public const int ColumnsPerPiece = 128;

    /// <summary>What <see cref="Add"/> returns when every index is a row.</summary>
    public const int AllIndicesValid = -1;

    /// <summary>
    /// dX[indices[i], c] += dY[i, c] for i in order and c in [first, first + columns). dX: [rows, width], dY: [indices, width]; an index below 0 counts
    /// from the end.
    /// </summary>
    /// <returns>The first place whose index is outside [-rows, rows) (its row is left out), or <see cref="AllIndicesValid"/>.</returns>
    /// <exception cref="ArgumentException">The spans do not fit together, or the columns are not all there.</exception>
    public static int Add<TIndex>(ReadOnlySpan<TIndex> indices, ReadOnlySpan<float> dY, int width, int first, int columns, Span<float> dX)
        where TIndex : unmanaged, IBinaryInteger<TIndex>
    {
        var rows = width == 0 ? 0 : dX.Length / width;
        Lengths.Same(checked(rows * width), dX.Length, nameof(dX));
        Lengths.Same(checked(indices.Length * width), dY.Length, nameof(dY));
        Lengths.Same(columns, first < 0 ? -1 : Math.Min(columns, width - first), nameof(columns));
        var invalid = AllIndicesValid;
        for (var i = 0; i < indices.Length; i++)
        {
            var row = long.CreateTruncating(indices[i]);
            row = row < 0 ? row + rows : row;
            if ((ulong)row < (ulong)rows)
            {
                var to = dX.Slice(((int)row * width) + first, columns);
                Accumulate.Add(to, dY.Slice((i * width) + first, columns), to);
            }
            else if (width > 0)
            {
                invalid = invalid < 0 ? i : invalid;
            }
        }

        return invalid;
    }
}
