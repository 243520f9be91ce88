using System.Text;

namespace OnnxPipeline.Fuzz;

/// <summary>
/// A field of a protobuf message as a tree: a number, the bytes of a leaf, or the fields of a message. Nothing is checked, so that a tree can say
/// what no library would write.
/// </summary>
public sealed class WireField
{
    /// <summary>Which length-delimited fields of which messages of ONNX are messages themselves, and of what kind.</summary>
    private static readonly Dictionary<(WireKind, int), WireKind> Inner = new()
    {
        [(WireKind.Model, 7)] = WireKind.Graph,
        [(WireKind.Model, 8)] = WireKind.Other,
        [(WireKind.Model, 14)] = WireKind.Other,
        [(WireKind.Model, 25)] = WireKind.Function,
        [(WireKind.Graph, 1)] = WireKind.Node,
        [(WireKind.Graph, 5)] = WireKind.Tensor,
        [(WireKind.Graph, 11)] = WireKind.Value,
        [(WireKind.Graph, 12)] = WireKind.Value,
        [(WireKind.Graph, 13)] = WireKind.Value,
        [(WireKind.Graph, 15)] = WireKind.Sparse,
        [(WireKind.Node, 5)] = WireKind.Attribute,
        [(WireKind.Attribute, 5)] = WireKind.Tensor,
        [(WireKind.Attribute, 6)] = WireKind.Graph,
        [(WireKind.Sparse, 1)] = WireKind.Tensor,
        [(WireKind.Sparse, 2)] = WireKind.Tensor,
        [(WireKind.Tensor, 13)] = WireKind.Other,
        [(WireKind.Value, 2)] = WireKind.Type,
        [(WireKind.Type, 1)] = WireKind.TensorType,
        [(WireKind.TensorType, 2)] = WireKind.Shape,
        [(WireKind.Shape, 1)] = WireKind.Other,
        [(WireKind.Function, 7)] = WireKind.Node,
        [(WireKind.Function, 9)] = WireKind.Other,
        [(WireKind.Function, 11)] = WireKind.Attribute,
    };

    public WireField(int number, ulong value) => (Number, Wire, Value) = (number, 0, value);

    public WireField(int number, byte[] bytes) => (Number, Wire, Bytes) = (number, 2, bytes);

    public WireField(int number, string text) : this(number, Encoding.UTF8.GetBytes(text))
    {
    }

    public WireField(int number, WireKind kind, params IEnumerable<WireField> fields) => (Number, Wire, Kind, Fields) = (number, 2, kind, [.. fields]);

    private WireField(int number, int wire, byte[] bytes) => (Number, Wire, Bytes) = (number, wire, bytes);

    public int Number { get; set; }

    /// <summary>0: a varint in <see cref="Value"/>; 1 and 5: eight and four <see cref="Bytes"/>; 2: <see cref="Bytes"/>, or <see cref="Fields"/> where that is not null.</summary>
    public int Wire { get; }

    public WireKind Kind { get; }

    public ulong Value { get; set; }

    public byte[] Bytes { get; set; } = [];

    public List<WireField>? Fields { get; }

    /// <summary>A model's bytes as a tree.</summary>
    public static WireField Model(byte[] model) => new(0, WireKind.Model, Parse(model, WireKind.Model));

    public WireField Copy() => Fields is not null ? new(Number, Kind, Fields.Select(f => f.Copy())) : Wire == 0 ? new(Number, Value) : new(Number, Wire, Bytes);

    /// <summary>This field and all inside it, with the field that holds each; null for this one.</summary>
    public IEnumerable<(WireField Field, WireField? Holder)> All(WireField? holder = null) => (Fields ?? []).SelectMany(f => f.All(this)).Prepend((this, holder));

    /// <summary>The bytes of the message: without this field's own tag.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        foreach (var field in Fields ?? [])
        {
            Write(stream, ((ulong)field.Number << 3) | (uint)field.Wire);
            if (field.Wire == 0)
            {
                Write(stream, field.Value);
                continue;
            }

            var bytes = field.Fields is null ? field.Bytes : field.ToBytes();
            if (field.Wire == 2)
            {
                Write(stream, (ulong)bytes.Length);
            }

            stream.Write(bytes);
        }

        return stream.ToArray();
    }

    private static List<WireField> Parse(ReadOnlySpan<byte> bytes, WireKind kind)
    {
        var fields = new List<WireField>();
        for (var at = 0; at < bytes.Length;)
        {
            var tag = Read(bytes, ref at);
            var (number, wire) = ((int)(tag >> 3), (int)(tag & 7));
            if (wire == 0)
            {
                fields.Add(new(number, Read(bytes, ref at)));
                continue;
            }

            var length = wire switch { 1 => 8, 5 => 4, _ => (int)Read(bytes, ref at) };
            var content = bytes.Slice(at, length);
            at += length;
            fields.Add(wire == 2 && Inner.TryGetValue((kind, number), out var inner) ? new(number, inner, Parse(content, inner)) : new(number, wire, content.ToArray()));
        }

        return fields;
    }

    private static ulong Read(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }

    private static void Write(Stream stream, ulong value)
    {
        for (; value > 0x7f; value >>= 7)
        {
            stream.WriteByte((byte)(value | 0x80));
        }

        stream.WriteByte((byte)value);
    }
}
