using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>
/// ONNX SoftmaxCrossEntropyLoss and its gradient without class weights, on logits [rows, classes] and labels [rows] (int32 or int64).
/// The spans of a call are the rows of the call; reductions over rows are the caller's: it adds the losses, and scales the gradient by
/// dY (sum) or dY / <see cref="CountedRows"/> (mean).
/// </summary>
public static partial class SoftmaxCrossEntropy
{
    /// <summary>What <see cref="Forward"/> and <see cref="Backward{TLabel}(ReadOnlySpan{float}, float, ReadOnlySpan{TLabel}, long?, Span{float})"/>
    /// return when every label is a class or the ignored index.</summary>
    public const int AllLabelsValid = -1;

    /// <summary>
    /// logProb = x - max - log Σ exp(x - max); loss = -logProb[label], 0 for ignored rows. logProb [rows, classes] is written for every
    /// row and may be the logits, or empty: then it is not wanted. A row with a NaN or +∞ is NaN. A row's bits depend on that row only.
    /// </summary>
    /// <returns>The first row whose label is neither in [0, classes) nor the ignored index (its loss is NaN), or <see cref="AllLabelsValid"/>.</returns>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static int Forward<TLabel>(ReadOnlySpan<float> logits, ReadOnlySpan<TLabel> labels, long? ignoreIndex, Span<float> loss, Span<float> logProb)
        where TLabel : unmanaged, IBinaryInteger<TLabel>
    {
        var classes = Classes(logits.Length, labels.Length);
        Lengths.Same(logProb.IsEmpty ? 0 : logits.Length, logProb.Length, nameof(logProb));
        Lengths.Same(labels.Length, loss.Length, nameof(loss));
        var invalid = AllLabelsValid;
        for (var row = 0; row < labels.Length; row++)
        {
            var from = logits.Slice(row * classes, classes);
            var label = long.CreateTruncating(labels[row]);
            var isClass = (ulong)label < (ulong)classes;
            var ofLabel = isClass ? from[(int)label] : float.NaN; // before it may be overwritten
            var (max, log) = MaxAndLog(from);
            loss[row] = label == ignoreIndex ? 0f : log - (ofLabel - max);
            invalid = invalid < 0 && !isClass && label != ignoreIndex ? row : invalid;
            if (!logProb.IsEmpty)
            {
                // First the maximum, then the logarithm: their sum would lose the logarithm's digits where the maximum is large.
                Maps.Run(from, logProb.Slice(row * classes, classes), new SubtractTwice(max, log));
            }
        }

        return invalid;
    }

    /// <summary>dLogits = (exp(logProb) - onehot(label))·rowScale, 0 for ignored rows. dLogits may be logProb.</summary>
    /// <returns>The first row whose label is neither in [0, classes) nor the ignored index (its gradient is 0), or <see cref="AllLabelsValid"/>.</returns>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static int Backward<TLabel>(ReadOnlySpan<float> logProb, float rowScale, ReadOnlySpan<TLabel> labels, long? ignoreIndex, Span<float> dLogits)
        where TLabel : unmanaged, IBinaryInteger<TLabel> => Backward(logProb, new ReadOnlySpan<float>(in rowScale), labels, ignoreIndex, dLogits);

    /// <summary>As the other overload, with a scale for each row (reduction none: dY [rows]), or one for all.</summary>
    /// <returns>The first row whose label is neither in [0, classes) nor the ignored index (its gradient is 0), or <see cref="AllLabelsValid"/>.</returns>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static int Backward<TLabel>(
        ReadOnlySpan<float> logProb, ReadOnlySpan<float> rowScales, ReadOnlySpan<TLabel> labels, long? ignoreIndex, Span<float> dLogits)
        where TLabel : unmanaged, IBinaryInteger<TLabel>
    {
        var classes = Classes(logProb.Length, labels.Length);
        Lengths.Same(logProb.Length, dLogits.Length, nameof(dLogits));
        Lengths.Same(rowScales.Length == 1 ? 1 : labels.Length, rowScales.Length, nameof(rowScales));
        var invalid = AllLabelsValid;
        for (var row = 0; row < labels.Length; row++)
        {
            var to = dLogits.Slice(row * classes, classes);
            var label = long.CreateTruncating(labels[row]);
            if (label != ignoreIndex && (ulong)label < (ulong)classes)
            {
                var from = logProb.Slice(row * classes, classes);
                var scale = rowScales[rowScales.Length == 1 ? 0 : row];
                var ofLabel = from[(int)label]; // before it may be overwritten
                Maps.Run(from, to, new ExpTimes(scale));
                to[(int)label] = (Exponential.Exp<Lane1, float>(ofLabel) - 1f) * scale;
                continue;
            }

            to.Clear();
            invalid = invalid < 0 && label != ignoreIndex ? row : invalid;
        }

        return invalid;
    }

    /// <summary>The number of labels that are not the ignored index: what a mean divides by (0: the mean is not defined, its gradient 0).</summary>
    public static int CountedRows<TLabel>(ReadOnlySpan<TLabel> labels, long? ignoreIndex)
        where TLabel : unmanaged, IBinaryInteger<TLabel>
    {
        var counted = 0;
        foreach (var label in labels)
        {
            counted += long.CreateTruncating(label) == ignoreIndex ? 0 : 1;
        }

        return counted;
    }

    private static int Classes(int elements, int rows)
    {
        var classes = rows == 0 ? 0 : elements / rows;
        Lengths.Same(classes * rows, elements, "logits");
        return classes;
    }

    private static (float Max, float Log) MaxAndLog(ReadOnlySpan<float> x)
    {
        ref var from = ref MemoryMarshal.GetReference(x);
        var (max, sum) =
            Vector512.IsHardwareAccelerated ? MaxAndSum<Lane16, Vector512<float>>(ref from, x.Length) :
            Vector256.IsHardwareAccelerated ? MaxAndSum<Lane8, Vector256<float>>(ref from, x.Length) :
            Vector128.IsHardwareAccelerated ? MaxAndSum<Lane4, Vector128<float>>(ref from, x.Length) :
            MaxAndSum<Lane1, float>(ref from, x.Length);
        return (max, (float)Math.Log(sum));
    }

    [MethodImpl(Loop.OfItsOwn)]
    private static (float Max, double Sum) MaxAndSum<TLane, TVector>(ref float x, int classes)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        var max = Maximum<TLane, TVector>(ref x, classes);

        // A NaN may be lost in the maximum; it comes back in the sum.
        return (max, RowSum.Of<TLane, TVector, ExpOfDistance>(ref x, classes, new ExpOfDistance(max)));
    }

    [MethodImpl(Loop.OfItsOwn)]
    private static float Maximum<TLane, TVector>(ref float x, int classes)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        var length = (nuint)classes;
        var step = (nuint)TLane.Count;
        nuint i = 0;
        var maxima = TLane.Create(float.NegativeInfinity);
        for (; i + step <= length; i += step)
        {
            maxima = TLane.Max(maxima, TLane.Load(in x, i));
        }

        var max = TLane.MaxOf(maxima);
        for (; i < length; i++)
        {
            max = Lane1.Max(max, Lane1.Load(in x, i));
        }

        return max;
    }

    private readonly struct ExpOfDistance(float max) : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => Exponential.Exp<TLane, TVector>(TLane.Subtract(x, TLane.Create(max)));
    }

    private readonly struct SubtractTwice(float first, float second) : IMap1
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TLane.Subtract(TLane.Subtract(x, TLane.Create(first)), TLane.Create(second));
    }

    private readonly struct ExpTimes(float factor) : IMap1
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TLane.Multiply(Exponential.Exp<TLane, TVector>(x), TLane.Create(factor));
    }
}
