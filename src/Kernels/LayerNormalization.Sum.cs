using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

public static partial class LayerNormalization
{
    /// <summary>
    /// sum = a + b, then <see cref="Forward"/> of the sum, a row at a time, while it is in the cache. a, b, sum, y: [rows, width]; sum may be a or b, y
    /// may be any of the three.
    /// </summary>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static void ForwardOfSum(
        ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> scale, ReadOnlySpan<float> bias, float epsilon, Span<float> sum, Span<float> y,
        Span<float> mean, Span<float> invStdDev)
    {
        var width = scale.Length;
        Lengths.Same(checked(mean.Length * width), a.Length, nameof(a));
        Lengths.Same(a.Length, b.Length, nameof(b));
        Lengths.Same(a.Length, sum.Length, nameof(sum));
        Lengths.Same(a.Length, y.Length, nameof(y));
        Lengths.Same(mean.Length, invStdDev.Length, nameof(invStdDev));
        for (var row = 0; row < mean.Length; row++)
        {
            var to = sum.Slice(row * width, width);
            Add(a.Slice(row * width, width), b.Slice(row * width, width), to);
            Forward(to, scale, bias, epsilon, y.Slice(row * width, width), mean.Slice(row, 1), invStdDev.Slice(row, 1));
        }
    }

    private static void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> sum)
    {
        ref var first = ref MemoryMarshal.GetReference(a);
        ref var second = ref MemoryMarshal.GetReference(b);
        ref var to = ref MemoryMarshal.GetReference(sum);
        var length = (nuint)sum.Length;
        var done =
            Vector512.IsHardwareAccelerated ? Add<Lane16, Vector512<float>>(ref first, ref second, ref to, 0, length) :
            Vector256.IsHardwareAccelerated ? Add<Lane8, Vector256<float>>(ref first, ref second, ref to, 0, length) :
            Vector128.IsHardwareAccelerated ? Add<Lane4, Vector128<float>>(ref first, ref second, ref to, 0, length) :
            0;
        Add<Lane1, float>(ref first, ref second, ref to, done, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Add<TLane, TVector>(ref float a, ref float b, ref float sum, nuint i, nuint length)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        for (; i + (nuint)TLane.Count <= length; i += (nuint)TLane.Count)
        {
            TLane.Store(TLane.Add(TLane.Load(in a, i), TLane.Load(in b, i)), ref sum, i);
        }

        return i;
    }
}
