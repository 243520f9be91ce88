using OnnxPipeline.Files;

namespace OnnxPipeline.Ir;

/// <summary>The type of a <see cref="Value"/> as ONNX's TypeProto has it.</summary>
public abstract record OnnxType;

/// <summary>A dense tensor; <paramref name="Shape"/> is null where the rank is unknown.</summary>
public sealed record TensorType(ElementType Element, Shape? Shape) : OnnxType
{
    public override string ToString() => $"{Element}{Shape?.ToString() ?? "[...]"}";
}

/// <summary>A sequence of <paramref name="Item"/>.</summary>
public sealed record SequenceType(OnnxType Item) : OnnxType;

/// <summary>An optional <paramref name="Item"/>.</summary>
public sealed record OptionalType(OnnxType Item) : OnnxType;

/// <summary>A type this project does not look into (map, sparse tensor, opaque), kept as its TypeProto bytes for a round trip.</summary>
public sealed record ForeignType(ReadOnlyMemory<byte> Proto) : OnnxType;
