using System.Runtime.CompilerServices;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>eˣ for a lane, within 2 units in the last place over the whole range: e^NaN = NaN, e^+∞ = +∞, e^-∞ = 0, subnormal results included.</summary>
internal static class Exponential
{
    // x = n·ln 2 + r with |r| ≤ ln 2 / 2, eˣ = 2ⁿ·eʳ. ln 2 is split so that n·High is exact.
    private const float Log2E = 1.44269504f;
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const float Rounding = 12582912f; // 1.5·2²³

    // Below Lowest the result rounds to 0, above Highest it overflows; clamping keeps n inside what ScaleByPowerOfTwo takes.
    private const float Lowest = -104f;
    private const float Highest = 89f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TLane, TVector>(TVector x)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
    {
        x = TLane.Min(TLane.Create(Highest), TLane.Max(TLane.Create(Lowest), x)); // NaN passes both
        // Adding 1.5·2²³ leaves the nearest integer in the low bits, and costs less than an instruction that rounds.
        var n = TLane.Subtract(TLane.MultiplyAdd(x, TLane.Create(Log2E), TLane.Create(Rounding)), TLane.Create(Rounding));
        var r = TLane.MultiplyAdd(n, TLane.Create(-Ln2High), x);
        r = TLane.MultiplyAdd(n, TLane.Create(-Ln2Low), r);

        // eʳ = 1 + r·(1 + r·q(r)), q minimax of degree 5
        var q = TLane.Create(1.9875691500e-4f);
        q = TLane.MultiplyAdd(q, r, TLane.Create(1.3981999507e-3f));
        q = TLane.MultiplyAdd(q, r, TLane.Create(8.3334519073e-3f));
        q = TLane.MultiplyAdd(q, r, TLane.Create(4.1665795894e-2f));
        q = TLane.MultiplyAdd(q, r, TLane.Create(1.6666665459e-1f));
        q = TLane.MultiplyAdd(q, r, TLane.Create(5.0000001201e-1f));
        q = TLane.MultiplyAdd(q, r, TLane.Create(1f));
        var e = TLane.MultiplyAdd(q, r, TLane.Create(1f));
        return TLane.ScaleByPowerOfTwo(e, n);
    }
}
