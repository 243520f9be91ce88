using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>
/// The sum below the norm over all gradients. A block (one array) is cut into chunks of <see cref="ChunkLength"/> elements; each chunk is
/// summed in double and the chunks are added in order. A caller that hands the chunks to threads and adds them in order gets the same bits.
/// </summary>
public static class GlobalNorm
{
    /// <summary>Elements in a chunk (the last one of a block may be shorter).</summary>
    public const int ChunkLength = 1 << 15;

    /// <summary>Σ x² over one block.</summary>
    public static double SumOfSquares(ReadOnlySpan<float> block)
    {
        var sum = 0.0;
        for (var start = 0; start < block.Length; start += Math.Min(ChunkLength, block.Length - start))
        {
            sum += Chunk(block.Slice(start, Math.Min(ChunkLength, block.Length - start)));
        }

        return sum;
    }

    private static double Chunk(ReadOnlySpan<float> chunk)
    {
        ref var start = ref MemoryMarshal.GetReference(chunk);
        var length = (nuint)chunk.Length;
        nuint done = 0;
        var sum = 0.0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = length & ~(nuint)15;
            sum = Lane16.SumOfSquares(in start, done / 16);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            done = length & ~(nuint)7;
            sum = Lane8.SumOfSquares(in start, done / 8);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            done = length & ~(nuint)3;
            sum = Lane4.SumOfSquares(in start, done / 4);
        }

        return sum + Lane1.SumOfSquares(in Unsafe.Add(ref start, done), length - done);
    }
}
