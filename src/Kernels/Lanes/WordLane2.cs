using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>2 words in a <see cref="Vector128{T}"/>.</summary>
internal readonly struct WordLane2 : IWordLane<Vector128<ulong>>
{
    public static int Count => 2;

    public static Vector128<ulong> Indices => Vector128<ulong>.Indices;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Create(ulong value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Add(Vector128<ulong> a, Vector128<ulong> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> And(Vector128<ulong> a, Vector128<ulong> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> ShiftRight(Vector128<ulong> a, int bits) => a >>> bits;

    // One instruction where x86 multiplies 32 by 32 bits; the general 64-bit product costs three or more.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyShort(Vector128<ulong> a, Vector128<ulong> b) =>
        Sse2.IsSupported ? Sse2.Multiply(a.AsUInt32(), b.AsUInt32()) : a * b;

    // Where a < p the difference wraps: its low half is then the larger one, and so is its high half against 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> SubtractIfAtLeast(Vector128<ulong> a, Vector128<ulong> p) => Vector128.Min(a.AsUInt32(), (a - p).AsUInt32()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<ulong> a, ref uint start, nuint index) => Unsafe.WriteUnaligned(ref Unsafe.As<uint, byte>(ref Unsafe.Add(ref start, index)), Vector128.Narrow(a, a).AsUInt64().ToScalar());
}
