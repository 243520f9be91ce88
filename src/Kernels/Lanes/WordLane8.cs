using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>8 words in a <see cref="Vector512{T}"/>.</summary>
internal readonly struct WordLane8 : IWordLane<Vector512<ulong>>
{
    public static int Count => 8;

    public static Vector512<ulong> Indices => Vector512<ulong>.Indices;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Create(ulong value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Add(Vector512<ulong> a, Vector512<ulong> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> And(Vector512<ulong> a, Vector512<ulong> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> ShiftRight(Vector512<ulong> a, int bits) => a >>> bits;

    // One instruction where x86 multiplies 32 by 32 bits; the general 64-bit product costs three or more.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> MultiplyShort(Vector512<ulong> a, Vector512<ulong> b) =>
        Avx512F.IsSupported ? Avx512F.Multiply(a.AsUInt32(), b.AsUInt32()) : a * b;

    // Where a < p the difference wraps: its low half is then the larger one, and so is its high half against 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> SubtractIfAtLeast(Vector512<ulong> a, Vector512<ulong> p) => Vector512.Min(a.AsUInt32(), (a - p).AsUInt32()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<ulong> a, ref uint start, nuint index) =>
        (Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt32(a) : Vector256.Narrow(a.GetLower(), a.GetUpper())).StoreUnsafe(ref start, index);
}
