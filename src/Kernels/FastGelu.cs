using System.Runtime.CompilerServices;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>
/// x/2·(1 + tanh(a·(x + c·x³))) = x·σ(2a·(x + c·x³)), a = √(2/π), c = 0.044715, σ the logistic function. An element's bits depend on that element
/// only. As the formulas, −∞ gives NaN (−∞·0), and so does a gradient where x³ is no float.
/// </summary>
public static class FastGelu
{
    /// <summary>y = s/2·(1 + tanh(a·(s + c·s³))), s = x + bias. x, y: [rows, bias.Length], or any length where bias is empty, that is zero. y may be x.</summary>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static void Forward(ReadOnlySpan<float> x, ReadOnlySpan<float> bias, Span<float> y) => Activation<Function>.Forward(x, bias, y);

    /// <summary>dX = dY times the derivative of <see cref="Forward"/>. Shapes as there; dX may be dY or x.</summary>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static void Backward(ReadOnlySpan<float> dY, ReadOnlySpan<float> x, ReadOnlySpan<float> bias, Span<float> dX) =>
        Activation<Function>.Backward(dY, x, bias, dX);

    private readonly struct Function : IActivation
    {
        private const float TwiceA = 1.5957691216f; // 2·√(2/π)
        private const float TwiceAC = 0.0713548162726f;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var argument = Argument<TLane, TVector>(x, TLane.Create(TwiceAC));
            return TLane.Multiply(x, Logistic<TLane, TVector>(argument, out _));
        }

        // σ + σ′·2a·(x + 3c·x³)
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Slope<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var value = Logistic<TLane, TVector>(Argument<TLane, TVector>(x, TLane.Create(TwiceAC)), out var slope);
            return TLane.MultiplyAdd(slope, Argument<TLane, TVector>(x, TLane.Create(3 * TwiceAC)), value);
        }

        /// <summary>2a·x + cubic·x³</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Argument<TLane, TVector>(TVector x, TVector cubic)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged =>
            TLane.Multiply(x, TLane.MultiplyAdd(TLane.Multiply(x, x), cubic, TLane.Create(TwiceA)));

        /// <summary>σ(v) and σ′(v) of e = exp(−|v|) ≤ 1, so that nothing overflows and nothing cancels.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Logistic<TLane, TVector>(TVector v, out TVector slope)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var negative = TLane.Less(v, TLane.Create(0f));
            var e = Exponential.Exp<TLane, TVector>(TLane.CopySign(v, TLane.Create(-1f)));
            var s = TLane.Divide(TLane.Create(1f), TLane.Add(e, TLane.Create(1f))); // σ(|v|)
            var rest = TLane.Multiply(e, s); // 1 − σ(|v|)
            slope = TLane.Multiply(s, rest);
            return TLane.Select(negative, rest, s);
        }
    }
}
