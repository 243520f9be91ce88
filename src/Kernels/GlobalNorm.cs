using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>
/// The norm over all gradients. A block (one array) is cut into chunks of <see cref="ChunkLength"/> elements whatever the number of
/// threads; each chunk is summed in double and the chunks are added in order: the same bits for any number of threads on one kind of processor.
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

    /// <summary>Σ x² over one block on up to <paramref name="threads"/> threads; the bits are those of <see cref="SumOfSquares(ReadOnlySpan{float})"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one thread.</exception>
    public static unsafe double SumOfSquares(ReadOnlySpan<float> block, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var chunks = (int)(((long)block.Length + ChunkLength - 1) / ChunkLength);
        if (threads == 1 || chunks < 2)
        {
            return SumOfSquares(block);
        }

        var partial = new double[chunks];
        var length = block.Length;
        fixed (float* pinned = block)
        {
            var start = pinned; // pinned until Parallel.For has returned
            Parallel.For(0, chunks, new ParallelOptions { MaxDegreeOfParallelism = threads }, chunk =>
            {
                var offset = chunk * (long)ChunkLength;
                partial[chunk] = Chunk(new ReadOnlySpan<float>(start + offset, (int)Math.Min(ChunkLength, length - offset)));
            });
        }

        var sum = 0.0;
        foreach (var value in partial)
        {
            sum += value;
        }

        return sum;
    }

    /// <summary>The factor that clips: min(1, maxNorm / (√sumOfSquares + 1e-6)). Not finite sums give NaN or 0, as PyTorch's clip_grad_norm_.</summary>
    public static float ClipFactor(double sumOfSquares, double maxNorm)
    {
        var factor = maxNorm / (Math.Sqrt(sumOfSquares) + 1e-6);
        return factor > 1 ? 1f : (float)factor;
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
