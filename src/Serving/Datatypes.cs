using OnnxPipeline.Files;

namespace OnnxPipeline.Serving;

/// <summary>The names that the Open Inference Protocol has for element types; types without one cannot be served.</summary>
public static class Datatypes
{
    private static readonly Dictionary<string, ElementType> Types = new()
    {
        ["BOOL"] = ElementType.Bool,
        ["INT8"] = ElementType.Int8,
        ["INT16"] = ElementType.Int16,
        ["INT32"] = ElementType.Int32,
        ["INT64"] = ElementType.Int64,
        ["UINT8"] = ElementType.UInt8,
        ["UINT16"] = ElementType.UInt16,
        ["UINT32"] = ElementType.UInt32,
        ["UINT64"] = ElementType.UInt64,
        ["FP16"] = ElementType.Float16,
        ["BF16"] = ElementType.BFloat16,
        ["FP32"] = ElementType.Float,
        ["FP64"] = ElementType.Double,
        ["BYTES"] = ElementType.String,
    };

    private static readonly Dictionary<ElementType, string> Names = Types.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>Every name, in the protocol's order.</summary>
    public static IReadOnlyCollection<string> All => Types.Keys;

    /// <summary>The name of <paramref name="type"/>; null where it has none.</summary>
    public static string? NameOf(ElementType type) => Names.GetValueOrDefault(type);

    /// <summary>The type called <paramref name="name"/>; null where no type is.</summary>
    public static ElementType? TypeOf(string name) => Types.TryGetValue(name, out var type) ? type : null;
}
