namespace OnnxPipeline.Files;

/// <summary>What is known of each <see cref="ElementType"/>: its width, its class, its name in other formats.</summary>
public static class ElementTypes
{
    /// <summary>Width in bits; 0 for types without a fixed width (<see cref="ElementType.String"/>, <see cref="ElementType.Undefined"/>).</summary>
    public static int Bits(this ElementType type) => type switch
    {
        ElementType.UInt2 or ElementType.Int2 => 2,
        ElementType.UInt4 or ElementType.Int4 or ElementType.Float4E2M1 => 4,
        ElementType.UInt8 or ElementType.Int8 or ElementType.Bool or ElementType.Float8E4M3FN or ElementType.Float8E4M3FNUZ
            or ElementType.Float8E5M2 or ElementType.Float8E5M2FNUZ or ElementType.Float8E8M0 => 8,
        ElementType.UInt16 or ElementType.Int16 or ElementType.Float16 or ElementType.BFloat16 => 16,
        ElementType.Float or ElementType.Int32 or ElementType.UInt32 => 32,
        ElementType.Double or ElementType.Int64 or ElementType.UInt64 or ElementType.Complex64 => 64,
        ElementType.Complex128 => 128,
        _ => 0,
    };

    /// <summary>Bytes that <paramref name="count"/> elements take, types narrower than a byte packed as ONNX packs them.</summary>
    /// <exception cref="OverflowException">The size does not fit a <see cref="long"/>.</exception>
    public static long ByteCount(this ElementType type, long count) => checked((count * type.Bits() + 7) / 8);

    /// <summary>The types a gradient can have: float16, bfloat16, float32, float64.</summary>
    public static bool IsFloat(this ElementType type) =>
        type is ElementType.Float or ElementType.Double or ElementType.Float16 or ElementType.BFloat16;

    /// <summary>Signed and unsigned integers of 8 bits and more.</summary>
    public static bool IsInteger(this ElementType type) => type is ElementType.UInt8 or ElementType.Int8 or ElementType.UInt16 or ElementType.Int16
        or ElementType.Int32 or ElementType.Int64 or ElementType.UInt32 or ElementType.UInt64;

    /// <summary>The element type whose memory layout <typeparamref name="T"/> has.</summary>
    /// <exception cref="ArgumentException">No element type has it.</exception>
    public static ElementType Of<T>() where T : unmanaged => default(T) switch
    {
        float => ElementType.Float,
        double => ElementType.Double,
        long => ElementType.Int64,
        int => ElementType.Int32,
        short => ElementType.Int16,
        sbyte => ElementType.Int8,
        ulong => ElementType.UInt64,
        uint => ElementType.UInt32,
        ushort => ElementType.UInt16,
        byte => ElementType.UInt8,
        bool => ElementType.Bool,
        Half => ElementType.Float16,
        _ => throw new ArgumentException($"{typeof(T)} is not the memory layout of an element type."),
    };
}
