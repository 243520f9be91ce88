using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>The attributes of SoftmaxCrossEntropyLoss and its gradient.</summary>
/// <param name="Reduction"><c>mean</c>, <c>sum</c> or <c>none</c>.</param>
/// <param name="IgnoreIndex">The default is a label that there is not.</param>
internal sealed record LossReduction(string Reduction, long IgnoreIndex)
{
    /// <summary>Elements of logits that a piece of the work takes, rows rounded down, at least one.</summary>
    private const int ElementsPerPiece = 1 << 15;

    public static LossReduction Read(KernelAttributes attributes) => new(attributes.Text("reduction", "mean"), attributes.Int("ignore_index", long.MinValue));

    /// <summary>Whether logits are rows of classes.</summary>
    public static bool Fits(Node node, int logits) => node.Input(logits)?.Shape is { Rank: 2 };

    /// <summary>Rows in a piece; depends on nothing but the classes.</summary>
    public static int RowsPerPiece(long classes) => (int)Math.Max(1, ElementsPerPiece / Math.Max(1, classes));

    /// <exception cref="OrtException">Logits are no rows of classes, or labels do not go with them.</exception>
    public static (long Rows, int Classes) Check(in TensorView logits, in TensorView labels) =>
        logits.Rank == 2 && labels.Count == logits.Dim(0) && logits.Dim(1) <= int.MaxValue
            ? (logits.Dim(0), (int)logits.Dim(1))
            : throw new OrtException($"logits of rank {logits.Rank} with {logits.Count} elements and {labels.Count} labels; [rows, classes] and a label for each row were wanted.");

    /// <summary>The sum of the rows' losses, or their mean over the rows that count.</summary>
    public unsafe float Reduce(float* losses, long* labels, long rows)
    {
        var sum = 0.0;
        for (var row = 0L; row < rows; row++)
        {
            sum += losses[row];
        }

        return (float)(Reduction == "sum" ? sum : sum / SoftmaxCrossEntropy.CountedRows(new ReadOnlySpan<long>(labels, checked((int)rows)), IgnoreIndex));
    }

    /// <exception cref="OrtException">A label is no class.</exception>
    public static unsafe void CheckLabel(long row, long* labels, long classes)
    {
        if (row != long.MaxValue)
        {
            throw new OrtException($"label {labels[row]} of row {row} is no class: there are {classes}, and it is not the ignored index.");
        }
    }
}
