using System.Runtime.CompilerServices;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>
/// x·Φ(x), Φ the normal distribution's. An element's bits depend on that element only. As the formulas, −∞ gives NaN (−∞·0), and so does a
/// gradient at ±∞.
/// </summary>
public static class Gelu
{
    /// <summary>y = s·Φ(s), s = x + bias. x, y: [rows, bias.Length], or any length where bias is empty, that is zero. y may be x.</summary>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static void Forward(ReadOnlySpan<float> x, ReadOnlySpan<float> bias, Span<float> y) => Activation<Function>.Forward(x, bias, y);

    /// <summary>dX = dY·(Φ(s) + s·φ(s)), s = x + bias, φ the normal density. Shapes as in <see cref="Forward"/>; dX may be dY or x.</summary>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static void Backward(ReadOnlySpan<float> dY, ReadOnlySpan<float> x, ReadOnlySpan<float> bias, Span<float> dX) =>
        Activation<Function>.Backward(dY, x, bias, dX);

    private readonly struct Function : IActivation
    {
        private const float DensityAtZero = 0.39894228f; // 1/√(2π)

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TLane.Multiply(x, Distribution<TLane, TVector>(x, out _));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Slope<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var distribution = Distribution<TLane, TVector>(x, out var e);
            return TLane.MultiplyAdd(x, TLane.Multiply(e, TLane.Create(DensityAtZero)), distribution);
        }

        /// <summary>
        /// Φ(x), and e = exp(−x²/2), which it is made of: Φ(−a) = e·t·q(t) with t = 1/(1 + 0.35a) for a ≥ 0, and Φ(a) = 1 − Φ(−a). q is minimax of
        /// degree 8, relative error 3.2e-8 in exact arithmetic up to a = 14.5, where e is no float any more.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Distribution<TLane, TVector>(TVector x, out TVector e)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            e = Exponential.Exp<TLane, TVector>(TLane.Multiply(TLane.Multiply(x, x), TLane.Create(-0.5f)));
            var t = TLane.Divide(TLane.Create(1f), TLane.MultiplyAdd(TLane.Abs(x), TLane.Create(0.35f), TLane.Create(1f)));
            var q = TLane.Create(-2.91580297e-2f);
            q = TLane.MultiplyAdd(q, t, TLane.Create(1.44031614e-1f));
            q = TLane.MultiplyAdd(q, t, TLane.Create(-2.55840421e-1f));
            q = TLane.MultiplyAdd(q, t, TLane.Create(1.59321278e-1f));
            q = TLane.MultiplyAdd(q, t, TLane.Create(-2.32134070e-2f));
            q = TLane.MultiplyAdd(q, t, TLane.Create(1.05552934e-1f));
            q = TLane.MultiplyAdd(q, t, TLane.Create(1.19821183e-1f));
            q = TLane.MultiplyAdd(q, t, TLane.Create(1.39863521e-1f));
            q = TLane.MultiplyAdd(q, t, TLane.Create(1.39621302e-1f));
            var tail = TLane.Multiply(TLane.Multiply(e, t), q);
            return TLane.Select(TLane.Less(x, TLane.Create(0f)), tail, TLane.Subtract(TLane.Create(1f), tail));
        }
    }
}
