using System.Runtime.InteropServices;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>One computation of a node: its tensors, and ONNX Runtime's threads.</summary>
internal readonly unsafe struct KernelCall(nint context)
{
    /// <summary>An input; an optional one that is left out has no data.</summary>
    public TensorView Input(int index)
    {
        NativeApi.Check(NativeApi.InputCount(context, out var count));
        if ((nuint)index >= count)
        {
            return default;
        }

        NativeApi.Check(NativeApi.Input(context, (nuint)index, out var value));
        if (value == 0)
        {
            return default;
        }

        NativeApi.Check(NativeApi.TypeAndShape(value, out var info));
        try
        {
            NativeApi.Check(NativeApi.Rank(info, out var rank));
            if (rank > TensorView.MostDims)
            {
                throw new OrtException($"Input {index} has rank {rank}; at most {TensorView.MostDims} is supported.");
            }

            var dims = stackalloc long[TensorView.MostDims];
            NativeApi.Check(NativeApi.Dims(info, dims, rank));
            NativeApi.Check(NativeApi.Data(value, out var data));
            return new TensorView(data, new ReadOnlySpan<long>(dims, (int)rank));
        }
        finally
        {
            NativeApi.ReleaseInfo(info);
        }
    }

    /// <summary>The memory of an output of the shape <paramref name="dims"/>; null for an optional one that is left out.</summary>
    public void* Output(int index, ReadOnlySpan<long> dims)
    {
        NativeApi.Check(NativeApi.OutputCount(context, out var count));
        if ((nuint)index >= count)
        {
            return null;
        }

        fixed (long* shape = dims)
        {
            long none = 0;
            NativeApi.Check(NativeApi.Output(context, (nuint)index, shape is null ? &none : shape, (nuint)dims.Length, out var value));
            void* data = null;
            if (value != 0)
            {
                NativeApi.Check(NativeApi.Data(value, out data));
            }

            return data;
        }
    }

    /// <summary>The memory of an output of the shape of <paramref name="like"/>, axes from <paramref name="ones"/> on being 1.</summary>
    public void* Output(int index, in TensorView like, long ones = long.MaxValue)
    {
        Span<long> dims = stackalloc long[TensorView.MostDims];
        like.CopyDims(dims, ones);
        return Output(index, dims[..like.Rank]);
    }

    /// <summary>Does pieces 0 to <paramref name="count"/> − 1, on the session's threads.</summary>
    public void Run<TPieces>(TPieces pieces, long count)
        where TPieces : unmanaged, IPieces
    {
        if (count <= 1)
        {
            if (count == 1)
            {
                pieces.Run(0);
            }

            return;
        }

        var work = new Work { Body = &Body<TPieces>, Pieces = &pieces };
        NativeApi.Check(NativeApi.ParallelFor(context, &Piece, (nuint)count, &work));
        if (work.Failed)
        {
            throw new OrtException("A kernel failed on part of its work. This is a bug.");
        }
    }

    /// <summary>How many pieces of <paramref name="size"/> there are in <paramref name="total"/>.</summary>
    public static long Pieces(long total, long size) => (total + size - 1) / size;

    private static void Body<TPieces>(void* pieces, long index)
        where TPieces : unmanaged, IPieces => ((TPieces*)pieces)->Run(index);

    [UnmanagedCallersOnly]
    private static void Piece(void* state, nuint index)
    {
        var work = (Work*)state;
        try
        {
            work->Body(work->Pieces, (long)index);
        }
        catch (Exception)
        {
            work->Failed = true; // nothing may be thrown into native code
        }
    }

    private struct Work
    {
        public delegate*<void*, long, void> Body;
        public void* Pieces;
        public bool Failed;
    }
}
