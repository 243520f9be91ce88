using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>Layer normalization of rows of <c>scale.Length</c> elements. The spans of a call are the rows of the call: a caller that splits the work slices them.</summary>
public static partial class LayerNormalization
{
    /// <summary>Rows whose dScale and dBias go into one partial. Fixed, so that their sums do not depend on the number of threads.</summary>
    public const int RowsPerPartial = 64;

    /// <summary>
    /// mean = Σx/width, invStdDev = 1/√(Σ(x-mean)²/width + epsilon), y = (x-mean)·invStdDev·scale + bias. x, y: [rows, width];
    /// scale, bias: [width], an empty bias is zero; mean, invStdDev: [rows]. y may be x. A row's bits depend on that row only.
    /// </summary>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static void Forward(
        ReadOnlySpan<float> x, ReadOnlySpan<float> scale, ReadOnlySpan<float> bias, float epsilon, Span<float> y, Span<float> mean, Span<float> invStdDev)
    {
        var width = scale.Length;
        Lengths.Same(checked(mean.Length * width), x.Length, nameof(x));
        Lengths.Same(x.Length, y.Length, nameof(y));
        Lengths.Same(mean.Length, invStdDev.Length, nameof(invStdDev));
        Lengths.Same(bias.IsEmpty ? 0 : width, bias.Length, nameof(bias));
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var to = ref MemoryMarshal.GetReference(y);
        if (Vector512.IsHardwareAccelerated)
        {
            ForwardRows<Lane16, Vector512<float>>(ref from, scale, bias, epsilon, ref to, mean, invStdDev);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            ForwardRows<Lane8, Vector256<float>>(ref from, scale, bias, epsilon, ref to, mean, invStdDev);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            ForwardRows<Lane4, Vector128<float>>(ref from, scale, bias, epsilon, ref to, mean, invStdDev);
        }
        else
        {
            ForwardRows<Lane1, float>(ref from, scale, bias, epsilon, ref to, mean, invStdDev);
        }
    }

    /// <summary>
    /// With h = (x-mean)·invStdDev and b = dY·scale: dX = invStdDev·(b - Σb/width - h·Σ(b·h)/width) + other, and over the rows of the call
    /// dScale = Σ dY·h, dBias = Σ dY. Shapes as in <see cref="Forward"/>; other, another gradient of x, is empty where there is none; dX may be dY or
    /// other. dScale and dBias [width] are overwritten.
    /// For results that do not depend on the number of threads call it for <see cref="RowsPerPartial"/> rows at a time, with a partial
    /// [width] of its own for each, and add the partials with <see cref="SumPartials"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static void Backward(
        ReadOnlySpan<float> dY, ReadOnlySpan<float> x, ReadOnlySpan<float> scale, ReadOnlySpan<float> mean, ReadOnlySpan<float> invStdDev,
        ReadOnlySpan<float> other, Span<float> dX, Span<float> dScale, Span<float> dBias)
    {
        var width = scale.Length;
        Lengths.Same(checked(mean.Length * width), x.Length, nameof(x));
        Lengths.Same(x.Length, dY.Length, nameof(dY));
        Lengths.Same(x.Length, dX.Length, nameof(dX));
        Lengths.Same(other.IsEmpty ? 0 : x.Length, other.Length, nameof(other));
        Lengths.Same(mean.Length, invStdDev.Length, nameof(invStdDev));
        Lengths.Same(width, dScale.Length, nameof(dScale));
        Lengths.Same(width, dBias.Length, nameof(dBias));
        dScale.Clear();
        dBias.Clear();
        ref var g = ref MemoryMarshal.GetReference(dY);
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var more = ref other.IsEmpty ? ref Unsafe.NullRef<float>() : ref MemoryMarshal.GetReference(other);
        ref var to = ref MemoryMarshal.GetReference(dX);
        if (Vector512.IsHardwareAccelerated)
        {
            BackwardRows<Lane16, Vector512<float>>(ref g, ref from, scale, mean, invStdDev, ref more, ref to, dScale, dBias);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            BackwardRows<Lane8, Vector256<float>>(ref g, ref from, scale, mean, invStdDev, ref more, ref to, dScale, dBias);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            BackwardRows<Lane4, Vector128<float>>(ref g, ref from, scale, mean, invStdDev, ref more, ref to, dScale, dBias);
        }
        else
        {
            BackwardRows<Lane1, float>(ref g, ref from, scale, mean, invStdDev, ref more, ref to, dScale, dBias);
        }
    }

    /// <summary>total[width] = the partials [n, width] added in order.</summary>
    /// <exception cref="ArgumentException">The partials are no whole number of rows.</exception>
    public static void SumPartials(ReadOnlySpan<float> partials, Span<float> total)
    {
        total.Clear();
        var count = total.IsEmpty ? 0 : partials.Length / total.Length;
        Lengths.Same(count * total.Length, partials.Length, nameof(partials));
        for (var i = 0; i < count; i++)
        {
            Accumulate.AddScaled(total, partials.Slice(i * total.Length, total.Length), 1f);
        }
    }

    // Two passes for the variance: a mean of squares minus a squared mean cancels where |mean| is large against the deviation.
    [MethodImpl(Loop.OfItsOwn)]
    private static void ForwardRows<TLane, TVector>(
        ref float x, ReadOnlySpan<float> scale, ReadOnlySpan<float> bias, float epsilon, ref float y, Span<float> means, Span<float> invStdDevs)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        var width = (nuint)scale.Length;
        ref var a = ref MemoryMarshal.GetReference(scale);
        ref var b = ref MemoryMarshal.GetReference(bias);
        for (var row = 0; row < means.Length; row++)
        {
            var mean = (float)(RowSum.Of<TLane, TVector, Identity>(ref x, scale.Length, default) / width);
            var squares = RowSum.Of<TLane, TVector, SquaredDistance>(ref x, scale.Length, new SquaredDistance(mean));
            var invStdDev = (float)(1 / Math.Sqrt((squares / width) + epsilon));
            var i = Normalize<TLane, TVector>(ref x, ref a, ref b, !bias.IsEmpty, mean, invStdDev, ref y, 0, width);
            Normalize<Lane1, float>(ref x, ref a, ref b, !bias.IsEmpty, mean, invStdDev, ref y, i, width);
            (means[row], invStdDevs[row]) = (mean, invStdDev);
            x = ref Unsafe.Add(ref x, width);
            y = ref Unsafe.Add(ref y, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Normalize<TLane, TVector>(
        ref float x, ref float scale, ref float bias, bool hasBias, float mean, float invStdDev, ref float y, nuint i, nuint width)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        for (; i + (nuint)TLane.Count <= width; i += (nuint)TLane.Count)
        {
            var h = TLane.Multiply(TLane.Subtract(TLane.Load(in x, i), TLane.Create(mean)), TLane.Create(invStdDev));
            var b = hasBias ? TLane.Load(in bias, i) : TLane.Create(0f);
            TLane.Store(TLane.MultiplyAdd(h, TLane.Load(in scale, i), b), ref y, i);
        }

        return i;
    }

    [MethodImpl(Loop.OfItsOwn)]
    private static void BackwardRows<TLane, TVector>(
        ref float dY, ref float x, ReadOnlySpan<float> scale, ReadOnlySpan<float> means, ReadOnlySpan<float> invStdDevs, ref float other, ref float dX,
        Span<float> dScale, Span<float> dBias)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        var width = (nuint)scale.Length;
        ref var a = ref MemoryMarshal.GetReference(scale);
        ref var scaleSum = ref MemoryMarshal.GetReference(dScale);
        ref var biasSum = ref MemoryMarshal.GetReference(dBias);
        for (var row = 0; row < means.Length; row++)
        {
            var (mean, invStdDev) = (means[row], invStdDevs[row]);
            var (b, bh) = (TLane.Create(0f), TLane.Create(0f));
            var i = Sums<TLane, TVector>(ref dY, ref x, ref a, mean, invStdDev, ref scaleSum, ref biasSum, ref b, ref bh, 0, width);
            var (tailB, tailBh) = (0f, 0f);
            Sums<Lane1, float>(ref dY, ref x, ref a, mean, invStdDev, ref scaleSum, ref biasSum, ref tailB, ref tailBh, i, width);
            var meanB = (TLane.Sum(b) + tailB) / width;
            var meanBh = (TLane.Sum(bh) + tailBh) / width;
            i = Input<TLane, TVector>(ref dY, ref x, ref a, mean, invStdDev, meanB, meanBh, ref other, ref dX, 0, width);
            Input<Lane1, float>(ref dY, ref x, ref a, mean, invStdDev, meanB, meanBh, ref other, ref dX, i, width);
            dY = ref Unsafe.Add(ref dY, width);
            x = ref Unsafe.Add(ref x, width);
            dX = ref Unsafe.Add(ref dX, width);
            other = ref Unsafe.IsNullRef(ref other) ? ref other : ref Unsafe.Add(ref other, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Sums<TLane, TVector>(
        ref float dY, ref float x, ref float scale, float mean, float invStdDev, ref float dScale, ref float dBias,
        ref TVector sumB, ref TVector sumBh, nuint i, nuint width)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        var (localB, localBh) = (sumB, sumBh);
        for (; i + (nuint)TLane.Count <= width; i += (nuint)TLane.Count)
        {
            var g = TLane.Load(in dY, i);
            var h = TLane.Multiply(TLane.Subtract(TLane.Load(in x, i), TLane.Create(mean)), TLane.Create(invStdDev));
            var b = TLane.Multiply(g, TLane.Load(in scale, i));
            TLane.Store(TLane.MultiplyAdd(g, h, TLane.Load(in dScale, i)), ref dScale, i);
            TLane.Store(TLane.Add(g, TLane.Load(in dBias, i)), ref dBias, i);
            localB = TLane.Add(localB, b);
            localBh = TLane.MultiplyAdd(b, h, localBh);
        }

        (sumB, sumBh) = (localB, localBh);
        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Input<TLane, TVector>(
        ref float dY, ref float x, ref float scale, float mean, float invStdDev, float meanB, float meanBh, ref float other, ref float dX, nuint i, nuint width)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        var hasOther = !Unsafe.IsNullRef(ref other);
        for (; i + (nuint)TLane.Count <= width; i += (nuint)TLane.Count)
        {
            var h = TLane.Multiply(TLane.Subtract(TLane.Load(in x, i), TLane.Create(mean)), TLane.Create(invStdDev));
            var b = TLane.Subtract(TLane.Multiply(TLane.Load(in dY, i), TLane.Load(in scale, i)), TLane.Create(meanB));
            var own = TLane.Multiply(TLane.MultiplyAdd(h, TLane.Create(-meanBh), b), TLane.Create(invStdDev));
            TLane.Store(hasOther ? TLane.Add(own, TLane.Load(in other, i)) : own, ref dX, i);
        }

        return i;
    }

    private readonly struct Identity : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => x;
    }

    private readonly struct SquaredDistance(float mean) : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var d = TLane.Subtract(x, TLane.Create(mean));
            return TLane.Multiply(d, d);
        }
    }
}
