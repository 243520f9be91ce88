using System.Runtime.CompilerServices;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>The scalar lane: the twin of every vector body, and what does its last elements.</summary>
internal readonly struct Lane1 : ILane<float>
{
    private static readonly float AllOnes = BitConverter.Int32BitsToSingle(-1);

    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(ref readonly float start, nuint index) => Unsafe.Add(ref Unsafe.AsRef(in start), index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float value, ref float start, nuint index) => Unsafe.Add(ref start, index) = value;

    public static float Create(float value) => value;

    public static float Add(float a, float b) => a + b;

    public static float Subtract(float a, float b) => a - b;

    public static float Multiply(float a, float b) => a * b;

    public static float Divide(float a, float b) => a / b;

    public static float MultiplyAdd(float a, float b, float c) => float.MultiplyAddEstimate(a, b, c);

    public static float Sqrt(float a) => MathF.Sqrt(a);

    public static float Max(float a, float b) => a > b ? a : b;

    public static float Min(float a, float b) => a < b ? a : b;

    public static float Abs(float a) => MathF.Abs(a);

    public static float CopySign(float a, float b) => MathF.CopySign(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Select(float mask, float a, float b) => BitConverter.SingleToInt32Bits(mask) != 0 ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Less(float a, float b) => a < b ? AllOnes : 0f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ScaleByPowerOfTwo(float a, float n)
    {
        var whole = (int)n;
        var half = whole >> 1; // 2ⁿ itself may not be a float: two factors
        return a * BitConverter.Int32BitsToSingle((half + 127) << 23) * BitConverter.Int32BitsToSingle((whole - half + 127) << 23);
    }

    public static float Sum(float a) => a;

    public static float MaxOf(float a) => a;

    public static double SumOfSquares(ref readonly float start, nuint vectors)
    {
        var sum = 0.0;
        for (nuint i = 0; i < vectors; i++)
        {
            double x = Load(in start, i);
            sum += x * x;
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float AtLeast(ref readonly uint start, nuint index, uint threshold) =>
        Unsafe.Add(ref Unsafe.AsRef(in start), index) >= threshold ? AllOnes : 0f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadFlags(ref readonly bool start, nuint index) => Unsafe.Add(ref Unsafe.AsRef(in start), index) ? AllOnes : 0f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFlags(float mask, ref bool start, nuint index) => Unsafe.Add(ref start, index) = BitConverter.SingleToInt32Bits(mask) != 0;
}
