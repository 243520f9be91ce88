using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>16 floats in a <see cref="Vector512{T}"/>.</summary>
internal readonly struct Lane16 : ILane<Vector512<float>>
{
    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref readonly float start, nuint index) => Vector512.LoadUnsafe(in start, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, ref float start, nuint index) => value.StoreUnsafe(ref start, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sqrt(Vector512<float> a) => Vector512.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Vector512.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Abs(Vector512<float> a) => Vector512.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> CopySign(Vector512<float> a, Vector512<float> b) => Vector512.CopySign(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Select(Vector512<float> mask, Vector512<float> a, Vector512<float> b) => Vector512.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Less(Vector512<float> a, Vector512<float> b) => Vector512.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ScaleByPowerOfTwo(Vector512<float> a, Vector512<float> n)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.Scale(a, n);
        }

        var whole = Vector512.ConvertToInt32Native(n);
        var half = whole >> 1; // 2ⁿ itself may not be a float: two factors
        var bias = Vector512.Create(127);
        return a * ((half + bias) << 23).AsSingle() * ((whole - half + bias) << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> a) => Lane8.Sum(a.GetLower() + a.GetUpper());

    public static float MaxOf(Vector512<float> a) => Lane8.MaxOf(Vector256.MaxNative(a.GetLower(), a.GetUpper()));

    public static double SumOfSquares(ref readonly float start, nuint vectors)
    {
        // The two halves of a vector are two independent chains of additions.
        var low = Vector512<double>.Zero;
        var high = Vector512<double>.Zero;
        for (nuint i = 0; i < vectors; i++)
        {
            var (a, b) = Vector512.Widen(Load(in start, i * 16));
            low = Vector512.MultiplyAddEstimate(a, a, low);
            high = Vector512.MultiplyAddEstimate(b, b, high);
        }

        return Vector512.Sum(low + high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AtLeast(ref readonly uint start, nuint index, uint threshold) =>
        Vector512.GreaterThanOrEqual(Vector512.LoadUnsafe(in start, index).AsInt32(), Vector512.Create((int)threshold)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadFlags(ref readonly bool start, nuint index)
    {
        var (low, high) = Vector128.Widen(Vector128.LoadUnsafe(ref Byte(ref Unsafe.AsRef(in start), index)));
        var (a, b) = Vector128.Widen(low);
        var (c, d) = Vector128.Widen(high);
        return Vector512.GreaterThan(Vector512.Create(Vector256.Create(a, b), Vector256.Create(c, d)), Vector512<uint>.Zero).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFlags(Vector512<float> mask, ref bool start, nuint index)
    {
        var (low, high) = (mask.GetLower().AsUInt32(), mask.GetUpper().AsUInt32());
        var bytes = Avx512F.IsSupported
            ? Avx512F.ConvertToVector128Byte(mask.AsUInt32())
            : Vector128.Narrow(Vector128.Narrow(low.GetLower(), low.GetUpper()), Vector128.Narrow(high.GetLower(), high.GetUpper()));
        (bytes & Vector128<byte>.One).StoreUnsafe(ref Byte(ref start, index));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte Byte(ref bool start, nuint index) => ref Unsafe.As<bool, byte>(ref Unsafe.Add(ref start, index));
}
