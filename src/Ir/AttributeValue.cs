using OnnxPipeline.Files;

namespace OnnxPipeline.Ir;

/// <summary>The value of a node attribute, one record a kind of ONNX's AttributeProto.</summary>
public abstract record AttributeValue
{
    public static implicit operator AttributeValue(long value) => new IntAttribute(value);

    public static implicit operator AttributeValue(int value) => new IntAttribute(value);

    public static implicit operator AttributeValue(float value) => new FloatAttribute(value);

    public static implicit operator AttributeValue(string value) => new StringAttribute(System.Text.Encoding.UTF8.GetBytes(value));

    public static implicit operator AttributeValue(long[] value) => new IntsAttribute(value);

    public static implicit operator AttributeValue(float[] value) => new FloatsAttribute(value);

    public static implicit operator AttributeValue(Tensor value) => new TensorAttribute(value);

    public static implicit operator AttributeValue(ElementType value) => new IntAttribute((long)value);
}

public sealed record IntAttribute(long Value) : AttributeValue;

public sealed record FloatAttribute(float Value) : AttributeValue;

/// <param name="Bytes">Usually UTF-8; any bytes are kept.</param>
public sealed record StringAttribute(ReadOnlyMemory<byte> Bytes) : AttributeValue
{
    public string Text => System.Text.Encoding.UTF8.GetString(Bytes.Span);
}

public sealed record IntsAttribute(IReadOnlyList<long> Values) : AttributeValue;

public sealed record FloatsAttribute(IReadOnlyList<float> Values) : AttributeValue;

public sealed record StringsAttribute(IReadOnlyList<ReadOnlyMemory<byte>> Values) : AttributeValue;

public sealed record TensorAttribute(Tensor Value) : AttributeValue;

/// <summary>A subgraph (If, Loop, Scan); its nodes may take values of the graphs around it.</summary>
public sealed record GraphAttribute(Graph Value) : AttributeValue;

/// <summary>Inside a function body: the attribute of the calling node with this name.</summary>
/// <param name="Kind">ONNX's AttributeProto.AttributeType number.</param>
public sealed record ReferenceAttribute(string Name, int Kind) : AttributeValue;

/// <summary>A kind this project does not look into (several graphs or tensors, sparse tensors, types), kept as its AttributeProto bytes for a round trip.</summary>
public sealed record ForeignAttribute(ReadOnlyMemory<byte> Proto) : AttributeValue;
