using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Inference;

/// <summary>Elements of small integer tensors as far as they are known before the graph runs: constants, and what inference followed from shapes.</summary>
internal static class Numbers
{
    /// <summary>Longer vectors are not followed: shapes are short.</summary>
    public const int Most = 64;

    /// <summary>The elements of a vector or scalar, entries may be unknown; null where nothing is known.</summary>
    public static Dim[]? Of(Value value) =>
        value.Elements ?? (value.ConstantData is { Rank: <= 1, Count: <= Most } data && Integers(data) is { } all ? Array.ConvertAll(all, Dim.Of) : null);

    /// <summary>The elements of an integer or bool tensor (false is 0, true 1); null for other types.</summary>
    public static long[]? Integers(Tensor data) => data.Type switch
    {
        ElementType.Int64 => data.As<long>().ToArray(),
        ElementType.Int32 => Array.ConvertAll(data.As<int>().ToArray(), i => (long)i),
        ElementType.Bool => Array.ConvertAll(data.Bytes.ToArray(), b => b != 0 ? 1L : 0L),
        ElementType.Int16 => Array.ConvertAll(data.As<short>().ToArray(), i => (long)i),
        ElementType.Int8 => Array.ConvertAll(data.As<sbyte>().ToArray(), i => (long)i),
        ElementType.UInt8 => Array.ConvertAll(data.Bytes.ToArray(), i => (long)i),
        ElementType.UInt32 => Array.ConvertAll(data.As<uint>().ToArray(), i => (long)i),
        ElementType.UInt16 => Array.ConvertAll(data.As<ushort>().ToArray(), i => (long)i),
        _ => null,
    };
}
