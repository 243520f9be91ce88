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
        private const float InverseRootOfTwo = 0.70710678f;
        private const float DensityAtZero = 0.39894228f; // 1/√(2π)

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TLane.Multiply(x, Distribution<TLane, TVector>(x));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Slope<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var exponent = TLane.Multiply(TLane.Multiply(x, x), TLane.Create(-0.5f));
            var density = TLane.Multiply(Exponential.Exp<TLane, TVector>(exponent), TLane.Create(DensityAtZero));
            return TLane.MultiplyAdd(x, density, Distribution<TLane, TVector>(x));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Distribution<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var erf = ErrorFunction.Erf<TLane, TVector>(TLane.Multiply(x, TLane.Create(InverseRootOfTwo)));
            return TLane.MultiplyAdd(erf, TLane.Create(0.5f), TLane.Create(0.5f));
        }
    }
}
