using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>4 words in a <see cref="Vector256{T}"/>.</summary>
internal readonly struct WordLane4 : IWordLane<Vector256<ulong>>
{
    public static int Count => 4;

    public static Vector256<ulong> Indices => Vector256<ulong>.Indices;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Create(ulong value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Add(Vector256<ulong> a, Vector256<ulong> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> And(Vector256<ulong> a, Vector256<ulong> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> ShiftRight(Vector256<ulong> a, int bits) => a >>> bits;

    // One instruction where x86 multiplies 32 by 32 bits; the general 64-bit product costs three or more.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> MultiplyShort(Vector256<ulong> a, Vector256<ulong> b) =>
        Avx2.IsSupported ? Avx2.Multiply(a.AsUInt32(), b.AsUInt32()) : a * b;

    // Where a < p the difference wraps: its low half is then the larger one, and so is its high half against 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> SubtractIfAtLeast(Vector256<ulong> a, Vector256<ulong> p) => Vector256.Min(a.AsUInt32(), (a - p).AsUInt32()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<ulong> a, ref uint start, nuint index) => Vector128.Narrow(a.GetLower(), a.GetUpper()).StoreUnsafe(ref start, index);
}
