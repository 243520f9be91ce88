using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

public static partial class SoftmaxCrossEntropy
{
    /// <summary>
    /// Loss and gradient in one visit of each row, for a caller that knows the scale beforehand: nothing of the size of the logits is kept between them.
    /// With e = exp(x - max), s = Σe and ε = smoothing, the share of the target that is spread evenly over the classes: loss = (1 - ε)·ℓ[label] + ε·Σℓ/classes,
    /// ℓ = max + log s - x; dLogits = (e/s - (1 - ε)·onehot(label) - ε/classes)·rowScale; both 0 for ignored rows. dLogits [rows, classes] may be the logits;
    /// a row with a NaN or +∞ is NaN unless ignored. A row's bits depend on that row only.
    /// </summary>
    /// <returns>The first row whose label is neither in [0, classes) nor the ignored index (its loss is NaN, its gradient 0), or <see cref="AllLabelsValid"/>.</returns>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static int LossAndGradient<TLabel>(
        ReadOnlySpan<float> logits, ReadOnlySpan<TLabel> labels, long? ignoreIndex, float smoothing, float rowScale, Span<float> loss, Span<float> dLogits)
        where TLabel : unmanaged, IBinaryInteger<TLabel>
    {
        var classes = Classes(logits.Length, labels.Length);
        Lengths.Same(logits.Length, dLogits.Length, nameof(dLogits));
        Lengths.Same(labels.Length, loss.Length, nameof(loss));
        var invalid = AllLabelsValid;
        for (var row = 0; row < labels.Length; row++)
        {
            var to = dLogits.Slice(row * classes, classes);
            var label = long.CreateTruncating(labels[row]);
            if (label != ignoreIndex && (ulong)label < (ulong)classes)
            {
                loss[row] = Row(logits.Slice(row * classes, classes), (int)label, smoothing, rowScale, to);
                continue;
            }

            to.Clear();
            loss[row] = label == ignoreIndex ? 0f : float.NaN;
            invalid = invalid < 0 && label != ignoreIndex ? row : invalid;
        }

        return invalid;
    }

    private static float Row(ReadOnlySpan<float> x, int label, float smoothing, float scale, Span<float> dX)
    {
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var to = ref MemoryMarshal.GetReference(dX);
        var ofLabel = x[label]; // before it may be overwritten
        var smooth = smoothing != 0;
        var (max, sum, distances) =
            Vector512.IsHardwareAccelerated ? Exponentials<Lane16, Vector512<float>>(ref from, x.Length, smooth, ref to) :
            Vector256.IsHardwareAccelerated ? Exponentials<Lane8, Vector256<float>>(ref from, x.Length, smooth, ref to) :
            Vector128.IsHardwareAccelerated ? Exponentials<Lane4, Vector128<float>>(ref from, x.Length, smooth, ref to) :
            Exponentials<Lane1, float>(ref from, x.Length, smooth, ref to);
        var probability = (float)(dX[label] / sum);

        // First the distance to the maximum, then the logarithm: their sum would lose the logarithm's digits where the maximum is large.
        var ownDistance = ofLabel - max;
        if (!smooth)
        {
            Accumulate.Scale(dX, (float)(scale / sum));
            dX[label] = (probability - 1f) * scale;
            return (float)Math.Log(sum) - ownDistance;
        }

        var (own, each) = (1f - smoothing, smoothing / x.Length);
        Maps.Run(dX, dX, new Difference((float)(scale / sum), -each * scale));
        dX[label] = (probability - own - each) * scale;
        return (float)(Math.Log(sum) - (own * (double)ownDistance) - (smoothing * distances / x.Length));
    }

    /// <summary>e ← exp(x - max); gives the maximum, Σe and, where it is wanted, Σ(x - max).</summary>
    [MethodImpl(Loop.OfItsOwn)]
    private static (float Max, double Sum, double Distances) Exponentials<TLane, TVector>(ref float x, int classes, bool distances, ref float e)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        var max = Maximum<TLane, TVector>(ref x, classes);
        var distance = distances ? RowSum.Of<TLane, TVector, Distance>(ref x, classes, new Distance(max)) : 0; // before e may take the place of x
        var (length, step) = ((nuint)classes, (nuint)TLane.Count);
        var total = 0.0;
        for (nuint i = 0; i < length;)
        {
            // As in RowSum: float accumulators take a block, a double one the blocks; two chains of additions.
            var end = Math.Min(length, i + RowSum.Block);
            var (even, odd) = (TLane.Create(0f), TLane.Create(0f));
            for (; i + (2 * step) <= end; i += 2 * step)
            {
                even = TLane.Add(even, StoreExp<TLane, TVector>(ref x, ref e, i, max));
                odd = TLane.Add(odd, StoreExp<TLane, TVector>(ref x, ref e, i + step, max));
            }

            if (i + step <= end)
            {
                even = TLane.Add(even, StoreExp<TLane, TVector>(ref x, ref e, i, max));
                i += step;
            }

            total += TLane.Sum(TLane.Add(even, odd));
            for (; i < end; i++)
            {
                total += StoreExp<Lane1, float>(ref x, ref e, i, max);
            }
        }

        return (max, total, distance);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector StoreExp<TLane, TVector>(ref float x, ref float e, nuint i, float max)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        var value = Exponential.Exp<TLane, TVector>(TLane.Subtract(TLane.Load(in x, i), TLane.Create(max)));
        TLane.Store(value, ref e, i);
        return value;
    }

    private readonly struct Distance(float max) : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TLane.Subtract(x, TLane.Create(max));
    }

    /// <summary>e·factor + rest</summary>
    private readonly struct Difference(float factor, float rest) : IMap1
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector e)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TLane.MultiplyAdd(e, TLane.Create(factor), TLane.Create(rest));
    }
}
