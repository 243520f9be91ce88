using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>Counter-based dropout: the mask is a function of (seed, step, position), see <see cref="CounterRandom"/>.</summary>
public static class Dropout
{
    private const int Block = 512;

    /// <summary>
    /// keep(i) = r(i) ≥ T with T = (int64)((double)ratio·2147483647.0) truncated (IEEE double, one rounding); mask = keep;
    /// y = keep ? x / (1 - ratio) : 0, in float32. x[0] is element <paramref name="start"/> of the tensor, so that a caller may split it. y may be x.
    /// </summary>
    /// <exception cref="ArgumentException">The spans differ in length, the ratio is not in [0, 1], or the start is negative.</exception>
    public static void Forward(ReadOnlySpan<float> x, float ratio, long seed, long step, long start, Span<float> y, Span<bool> mask)
    {
        Lengths.Same(x.Length, y.Length, nameof(y));
        Lengths.Same(x.Length, mask.Length, nameof(mask));
        Check(ratio);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        var keys = new CounterRandom.Keys(seed, step);
        var threshold = Threshold(ratio);
        Span<uint> numbers = stackalloc uint[Block];
        for (var done = 0; done < x.Length; done += Math.Min(Block, x.Length - done))
        {
            var count = Math.Min(Block, x.Length - done);
            CounterRandom.Fill(keys, start + done, numbers[..count]);
            Apply(x.Slice(done, count), numbers, threshold, 1f - ratio, y.Slice(done, count), mask.Slice(done, count));
        }
    }

    /// <summary>dX = mask ? dY / (1 - ratio) : 0. dX may be dY.</summary>
    /// <exception cref="ArgumentException">The spans differ in length, or the ratio is not in [0, 1].</exception>
    public static void Backward(ReadOnlySpan<float> dY, ReadOnlySpan<bool> mask, float ratio, Span<float> dX)
    {
        Lengths.Same(dY.Length, mask.Length, nameof(mask));
        Lengths.Same(dY.Length, dX.Length, nameof(dX));
        Check(ratio);
        ref var from = ref MemoryMarshal.GetReference(dY);
        ref var flags = ref MemoryMarshal.GetReference(mask);
        ref var to = ref MemoryMarshal.GetReference(dX);
        var length = (nuint)dY.Length;
        nuint done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Mask<Lane16, Vector512<float>>(ref from, ref flags, 1f - ratio, ref to, done, length);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            done = Mask<Lane8, Vector256<float>>(ref from, ref flags, 1f - ratio, ref to, done, length);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            done = Mask<Lane4, Vector128<float>>(ref from, ref flags, 1f - ratio, ref to, done, length);
        }

        Mask<Lane1, float>(ref from, ref flags, 1f - ratio, ref to, done, length);
    }

    /// <summary>T of <see cref="Forward"/>.</summary>
    internal static uint Threshold(float ratio) => (uint)((double)ratio * CounterRandom.Modulus);

    private static void Check(float ratio)
    {
        if (!(ratio >= 0f && ratio <= 1f))
        {
            throw new ArgumentOutOfRangeException(nameof(ratio), ratio, "A dropout ratio is in [0, 1].");
        }
    }

    private static void Apply(ReadOnlySpan<float> x, ReadOnlySpan<uint> numbers, uint threshold, float divisor, Span<float> y, Span<bool> mask)
    {
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var random = ref MemoryMarshal.GetReference(numbers);
        ref var to = ref MemoryMarshal.GetReference(y);
        ref var flags = ref MemoryMarshal.GetReference(mask);
        var length = (nuint)x.Length;
        nuint done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Keep<Lane16, Vector512<float>>(ref from, ref random, threshold, divisor, ref to, ref flags, done, length);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            done = Keep<Lane8, Vector256<float>>(ref from, ref random, threshold, divisor, ref to, ref flags, done, length);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            done = Keep<Lane4, Vector128<float>>(ref from, ref random, threshold, divisor, ref to, ref flags, done, length);
        }

        Keep<Lane1, float>(ref from, ref random, threshold, divisor, ref to, ref flags, done, length);
    }

    [MethodImpl(Loop.OfItsOwn)]
    private static nuint Keep<TLane, TVector>(
        ref float x, ref uint random, uint threshold, float divisor, ref float y, ref bool mask, nuint i, nuint length)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        for (; i + (nuint)TLane.Count <= length; i += (nuint)TLane.Count)
        {
            var keep = TLane.AtLeast(in random, i, threshold);
            TLane.StoreFlags(keep, ref mask, i);
            TLane.Store(TLane.Select(keep, TLane.Divide(TLane.Load(in x, i), TLane.Create(divisor)), TLane.Create(0f)), ref y, i);
        }

        return i;
    }

    [MethodImpl(Loop.OfItsOwn)]
    private static nuint Mask<TLane, TVector>(ref float dY, ref bool mask, float divisor, ref float dX, nuint i, nuint length)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        for (; i + (nuint)TLane.Count <= length; i += (nuint)TLane.Count)
        {
            var kept = TLane.Divide(TLane.Load(in dY, i), TLane.Create(divisor));
            TLane.Store(TLane.Select(TLane.LoadFlags(in mask, i), kept, TLane.Create(0f)), ref dX, i);
        }

        return i;
    }
}
