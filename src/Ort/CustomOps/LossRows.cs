using System.Runtime.InteropServices;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>What a kernel of cross-entropy does with some of the rows.</summary>
internal unsafe interface ILossKernel
{
    /// <param name="losses">Of these rows, to be written; empty where the caller wants none.</param>
    /// <returns>The first of these rows whose label is no class, negative for none.</returns>
    int Run(in LossRows rows, long first, int count, Span<float> losses);
}

/// <summary>The rows of logits (or of what has their shape) that a cross-entropy kernel works on, with their labels.</summary>
internal readonly unsafe struct LossRows
{
    /// <summary>Elements of logits that a piece of the work takes, rows rounded down, at least one.</summary>
    private const int ElementsPerPiece = 1 << 15;

    private readonly long* _labels;
    private readonly int _classes;

    /// <exception cref="OrtException">Logits are no rows of classes, or labels do not go with them.</exception>
    public LossRows(in TensorView logits, in TensorView labels)
    {
        if (logits.Rank != 2 || labels.Count != logits.Dim(0) || logits.Dim(1) > int.MaxValue)
        {
            throw new OrtException($"logits of rank {logits.Rank} with {logits.Count} elements and {labels.Count} labels; [rows, classes] and a label for each row were wanted.");
        }

        (Count, _classes) = (logits.Dim(0), (int)logits.Dim(1));
        _labels = (long*)labels.Data;
    }

    public long Count { get; }

    /// <summary>All labels.</summary>
    public ReadOnlySpan<long> Labels => new(_labels, checked((int)Count));

    // Depends on nothing but the classes.
    private int PerPiece => (int)Math.Max(1, ElementsPerPiece / Math.Max(1, (long)_classes));

    public ReadOnlySpan<long> LabelsOf(long first, int count) => new(_labels + first, count);

    /// <summary>Rows of an array [rows, classes].</summary>
    public Span<float> Of(float* array, long first, int count) => new(array + (first * _classes), count * _classes);

    /// <summary>Runs a kernel on all rows.</summary>
    /// <param name="losses">A number for each row, null where none is wanted.</param>
    /// <exception cref="OrtException">A label is no class.</exception>
    public void Run<TKernel>(KernelCall call, TKernel kernel, float* losses)
        where TKernel : unmanaged, ILossKernel
    {
        var invalid = long.MaxValue;
        call.Run(new Pieces<TKernel> { Rows = this, Kernel = kernel, Losses = losses, Invalid = &invalid }, KernelCall.Pieces(Count, PerPiece));
        if (invalid != long.MaxValue)
        {
            throw new OrtException($"label {_labels[invalid]} of row {invalid} is no class: there are {_classes}, and it is not the ignored index.");
        }
    }

    /// <summary>Runs a kernel on all rows and reduces their losses to one number.</summary>
    /// <exception cref="OrtException">A label is no class.</exception>
    public void Run<TKernel>(KernelCall call, TKernel kernel, LossReduction reduction, float* loss)
        where TKernel : unmanaged, ILossKernel
    {
        var losses = (float*)NativeMemory.Alloc((nuint)Count + 1, sizeof(float));
        try
        {
            Run(call, kernel, losses);
            *loss = reduction.Reduce(new(losses, checked((int)Count)), Labels);
        }
        finally
        {
            NativeMemory.Free(losses);
        }
    }

    private struct Pieces<TKernel> : IPieces
        where TKernel : unmanaged, ILossKernel
    {
        public LossRows Rows;
        public TKernel Kernel;
        public float* Losses;
        public long* Invalid;

        public readonly void Run(long index)
        {
            var first = index * Rows.PerPiece;
            var count = (int)Math.Min(Rows.PerPiece, Rows.Count - first);
            var bad = Kernel.Run(Rows, first, count, Losses is null ? default : new(Losses + first, count));
            if (bad >= 0)
            {
                Interlocked.Exchange(ref *Invalid, first + bad);
            }
        }
    }
}
