using System.Runtime.CompilerServices;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>The scalar twin of the word lanes.</summary>
internal readonly struct WordLane1 : IWordLane<ulong>
{
    public static int Count => 1;

    public static ulong Indices => 0;

    public static ulong Create(ulong value) => value;

    public static ulong Add(ulong a, ulong b) => a + b;

    public static ulong And(ulong a, ulong b) => a & b;

    public static ulong ShiftRight(ulong a, int bits) => a >> bits;

    public static ulong MultiplyShort(ulong a, ulong b) => a * b;

    public static ulong SubtractIfAtLeast(ulong a, ulong p) => a >= p ? a - p : a;

    public static void Store(ulong a, ref uint start, nuint index) => Unsafe.Add(ref start, index) = (uint)a;
}
