using System.Buffers;

namespace OnnxPipeline.Ir.Serialization;

/// <summary>
/// Takes the elements of tensors (<c>raw_data</c>) out of the bytes of a model, so that they never pass through the protobuf parser, which
/// would copy them: what is left is a model whose <c>raw_data</c> hold the number of a slice of the original bytes. Done for every tensor
/// that <see cref="GraphReader"/> makes a <see cref="Files.Tensor"/> of; those in fields that it keeps without looking into them stay whole.
/// </summary>
internal sealed class ElementCut
{
    private const int DepthLimit = 100; // as in the protobuf parser

    private readonly ReadOnlyMemory<byte> _source;
    private readonly ArrayBufferWriter<byte> _rest = new(4096);
    private readonly List<ReadOnlyMemory<byte>> _elements = [];

    private ElementCut(ReadOnlyMemory<byte> source) => _source = source;

    /// <summary>What is inside a length-delimited field, as far as it matters here.</summary>
    private enum Content
    {
        Other,
        Model,
        Graph,
        Function,
        Node,
        Attribute,
        Tensor,
        RawData,
    }

    /// <exception cref="InvalidDataException">The bytes are not those of a protobuf message.</exception>
    public static (ReadOnlyMemory<byte> Model, IReadOnlyList<ReadOnlyMemory<byte>> Elements) Apply(ReadOnlyMemory<byte> model)
    {
        var cut = new ElementCut(model);
        cut.Copy(Content.Model, 0, model.Length, 0);
        return (cut._rest.WrittenMemory, cut._elements);
    }

    private static Content Inside(Content message, ulong field) => (message, field) switch
    {
        (Content.Model, 7) => Content.Graph,
        (Content.Model, 25) => Content.Function,
        (Content.Graph, 1) or (Content.Function, 7) => Content.Node,
        (Content.Graph, 5) or (Content.Attribute, 5) => Content.Tensor,
        (Content.Node, 5) or (Content.Function, 11) => Content.Attribute,
        (Content.Attribute, 6) => Content.Graph,
        (Content.Tensor, 9) => Content.RawData,
        _ => Content.Other,
    };

    private void Copy(Content message, int at, int end, int depth)
    {
        if (depth > DepthLimit)
        {
            throw new InvalidDataException($"messages are nested more than {DepthLimit} deep at byte {at}");
        }

        var bytes = _source.Span;
        var copied = at;
        while (at < end)
        {
            var start = at;
            var tag = Varint(ref at, end);
            var length = (tag & 7) switch
            {
                0 => SkipVarint(ref at, end),
                1 => 8ul,
                2 => Varint(ref at, end),
                5 => 4ul,
                _ => throw new InvalidDataException($"byte {start} begins a field of kind {tag & 7}, which ONNX files do not have"),
            };
            if (length > (ulong)(end - at))
            {
                throw new InvalidDataException($"the field at byte {start} has {length} bytes, but only {end - at} are left where it stands");
            }

            var inside = (tag & 7) == 2 ? Inside(message, tag >> 3) : Content.Other;
            if (inside != Content.Other)
            {
                _rest.Write(bytes[copied..start]);
                Write(tag);
                if (inside == Content.RawData)
                {
                    Write(Padded);
                    WritePadded(_rest.GetSpan(Padded), (uint)_elements.Count);
                    _rest.Advance(Padded);
                    _elements.Add(_source.Slice(at, (int)length));
                }
                else
                {
                    var place = _rest.WrittenCount;
                    WritePadded(_rest.GetSpan(Padded), 0); // the length, once it is known
                    _rest.Advance(Padded);
                    Copy(inside, at, at + (int)length, depth + 1);
                    WritePadded(System.Runtime.InteropServices.MemoryMarshal.AsMemory(_rest.WrittenMemory).Span[place..], (uint)(_rest.WrittenCount - place - Padded));
                }

                copied = at + (int)length;
            }

            at += (int)length;
        }

        _rest.Write(bytes[copied..end]);
    }

    /// <summary>The number of the slice that a <c>raw_data</c> of the rest stands for.</summary>
    public static int Number(ReadOnlySpan<byte> rawData)
    {
        var number = 0;
        for (var i = 0; i < Padded; i++)
        {
            number |= (rawData[i] & 0x7f) << (7 * i);
        }

        return number;
    }

    private const int Padded = 5;

    /// <summary>A varint of five bytes whatever its value, as protobuf allows: its place can be filled in later.</summary>
    private static void WritePadded(Span<byte> place, uint value)
    {
        for (var i = 0; i < Padded; i++)
        {
            place[i] = (byte)((value >> (7 * i)) & 0x7f | (i < Padded - 1 ? 0x80u : 0));
        }
    }

    private void Write(ulong value)
    {
        for (; value > 0x7f; value >>= 7)
        {
            _rest.Write([(byte)(value | 0x80)]);
        }

        _rest.Write([(byte)value]);
    }

    private ulong SkipVarint(ref int at, int end)
    {
        Varint(ref at, end);
        return 0;
    }

    private ulong Varint(ref int at, int end)
    {
        var bytes = _source.Span;
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (at >= end)
            {
                throw new InvalidDataException($"the bytes end at {at} in the middle of a number");
            }

            var next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException($"the number before byte {at} has more than 64 bits");
    }
}
