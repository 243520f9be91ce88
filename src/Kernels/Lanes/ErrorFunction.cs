using System.Runtime.CompilerServices;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>erf x = 2/√π·∫₀ˣ e^(−t²) dt for a lane, within 4 units in the last place: erf NaN = NaN, erf ±∞ = ±1, erf ±0 = ±0.</summary>
internal static class ErrorFunction
{
    // Up to Near an odd polynomial, beyond it 1 − e^r(|x|). Relative error of both in
    // exact arithmetic: 3.3e-8, half a unit in the last place.
    private const float Near = 0.927734375f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Erf<TLane, TVector>(TVector x)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        var t = TLane.Abs(x);
        var square = TLane.Multiply(x, x);

        var small = TLane.Create(-5.96761703e-4f);
        small = TLane.MultiplyAdd(small, square, TLane.Create(4.99119423e-3f));
        small = TLane.MultiplyAdd(small, square, TLane.Create(-2.67681349e-2f));
        small = TLane.MultiplyAdd(small, square, TLane.Create(1.12819925e-1f));
        small = TLane.MultiplyAdd(small, square, TLane.Create(-3.76125336e-1f));
        small = TLane.MultiplyAdd(small, square, TLane.Create(1.28379166e-1f));
        small = TLane.MultiplyAdd(small, x, x);

        // The coefficients of the highest powers are negative: for |x| = ∞ this is −∞, not ∞ − ∞.
        var low = TLane.MultiplyAdd(TLane.Create(-3.88396438e-3f), t, TLane.Create(2.42546219e-2f));
        var r = TLane.MultiplyAdd(TLane.Create(-1.72853470e-5f), t, TLane.Create(3.83197126e-4f));
        r = TLane.MultiplyAdd(r, square, low);
        r = TLane.MultiplyAdd(r, t, TLane.Create(-1.06777877e-1f));
        r = TLane.MultiplyAdd(r, t, TLane.Create(-6.34846687e-1f));
        r = TLane.MultiplyAdd(r, t, TLane.Create(-1.28717512e-1f));
        r = TLane.MultiplyAdd(r, t, TLane.Subtract(TLane.Create(0f), t));
        var large = TLane.Subtract(TLane.Create(1f), Exponential.Exp<TLane, TVector>(r));
        return TLane.Select(TLane.Less(TLane.Create(Near), t), TLane.CopySign(large, x), small);
    }
}
