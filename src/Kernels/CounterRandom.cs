using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>
/// Random numbers that are a function of (seed, step, index): nothing to save, any range in any order, and only integer Add, Mul, Div and
/// Mod with every intermediate below 2⁶³, so that an ONNX function body computes the same numbers.
/// </summary>
/// <remarks>
/// With P = 2³¹-1 = 2147483647, Div the integer division, Mod the remainder in [0, P), and the mixing round
/// <code>
/// F(x; a, b):  u = (x·x + a) mod P
///              F = (u·(x + u div 65536) + b) mod P          x, a, b in [0, P), so every product is below 2⁶³
/// </code>
/// the keys of a call are, for j = 0, 1, 2,
/// <code>
/// t[j] = F(seed mod P; A[j], B[j])
/// k[j] = F((t[j] + step mod P) mod P; B[j], A[j])
/// A = [1403630843, 630360016, 742938285]    B = [950706376, 1226874159, 62089911]
/// </code>
/// and the number at index i ≥ 0 (row-major position in the tensor) is
/// <code>
/// r(i) = F((i + k[0]) mod P; k[1], k[2])      in [0, P)
/// </code>
/// The square makes neighbours differ by something uniform; the division, which is not algebraic modulo P, breaks the relation that
/// finite differences of a polynomial would leave, and x in the second product the symmetry of the square. Seeds and steps equal modulo P,
/// and indices P apart, give the same number.
/// </remarks>
public static class CounterRandom
{
    /// <summary>P = 2³¹-1: numbers are in [0, P).</summary>
    public const long Modulus = int.MaxValue;

    private static ReadOnlySpan<long> A => [1403630843, 630360016, 742938285];

    private static ReadOnlySpan<long> B => [950706376, 1226874159, 62089911];

    /// <summary>r(index), word for word as the remarks of the class say: the definition the fast path is tested against.</summary>
    public static long Value(long seed, long step, long index)
    {
        var x = (index % Modulus + Key(seed, step, 0)) % Modulus;
        return Round(x, Key(seed, step, 1), Key(seed, step, 2));
    }

    /// <summary>numbers[i] = r(start + i) for start + i below 2⁶³ - P.</summary>
    internal static void Fill(in Keys keys, long start, Span<uint> numbers)
    {
        var length = (nuint)numbers.Length;
        ref var to = ref MemoryMarshal.GetReference(numbers);
        nuint done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Body<WordLane8, Vector512<ulong>>(keys, start, ref to, done, length);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            done = Body<WordLane4, Vector256<ulong>>(keys, start, ref to, done, length);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            done = Body<WordLane2, Vector128<ulong>>(keys, start, ref to, done, length);
        }

        Body<WordLane1, ulong>(keys, start, ref to, done, length);
    }

    [MethodImpl(Loop.OfItsOwn)]
    private static nuint Body<TLane, TWords>(in Keys keys, long start, ref uint numbers, nuint i, nuint length)
        where TLane : struct, IWordLane<TWords>
        where TWords : unmanaged
    {
        var step = (nuint)TLane.Count;
        var p = TLane.Create(Modulus);
        var k1 = TLane.Create((ulong)keys.K1);
        var k2 = TLane.Create((ulong)keys.K2);
        var first = (ulong)(((start + (long)i) % Modulus + keys.K0) % Modulus);
        var x = TLane.SubtractIfAtLeast(TLane.Add(TLane.Create(first), TLane.Indices), p);
        for (; i + step <= length; i += step)
        {
            var u = Reduce<TLane, TWords>(TLane.Add(TLane.MultiplyShort(x, x), k1), p);
            var w = TLane.Add(x, TLane.ShiftRight(u, 16)); // below 2³¹ + 2¹⁵
            TLane.Store(Reduce<TLane, TWords>(TLane.Add(TLane.MultiplyShort(u, w), k2), p), ref numbers, i);
            x = TLane.SubtractIfAtLeast(TLane.Add(x, TLane.Create(step)), p);
        }

        return i;
    }

    // v mod P for v < 2⁶³: since 2³¹ ≡ 1, the high bits are added to the low ones. v is at most (2³¹)(2³¹ + 2¹⁵) + 2³¹, so the sum is below
    // 2P + 2¹⁵ + 3 < 2³² and two conditional subtractions finish.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWords Reduce<TLane, TWords>(TWords v, TWords p)
        where TLane : struct, IWordLane<TWords>
        where TWords : unmanaged
    {
        var sum = TLane.Add(TLane.And(v, p), TLane.ShiftRight(v, 31));
        return TLane.SubtractIfAtLeast(TLane.SubtractIfAtLeast(sum, p), p);
    }

    private static long Key(long seed, long step, int j)
    {
        var t = Round(Mod(seed), A[j], B[j]);
        return Round((t + Mod(step)) % Modulus, B[j], A[j]);
    }

    private static long Round(long x, long a, long b)
    {
        var u = ((x * x) + a) % Modulus;
        return ((u * (x + (u / 65536))) + b) % Modulus;
    }

    // ONNX Mod of integers has the sign of the divisor, C#'s % that of the dividend.
    private static long Mod(long value) => ((value % Modulus) + Modulus) % Modulus;

    /// <summary>k[0], k[1], k[2] of a (seed, step).</summary>
    internal readonly struct Keys(long seed, long step)
    {
        public readonly long K0 = Key(seed, step, 0);
        public readonly long K1 = Key(seed, step, 1);
        public readonly long K2 = Key(seed, step, 2);
    }
}
