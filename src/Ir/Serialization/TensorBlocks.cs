using Google.Protobuf;

namespace OnnxPipeline.Ir.Serialization;

/// <summary>
/// Keeps the elements of large tensors away from protobuf, which would copy them: on the way in each large <c>raw_data</c> is taken out of
/// the message and a number put in its place, on the way out the other way round.
/// </summary>
internal sealed class TensorBlocks
{
    /// <summary>Smaller tensors pass through protobuf.</summary>
    private const int Least = 1024;

    private const int DeepestMessage = 100;

    private readonly List<ReadOnlyMemory<byte>> _blocks = [];

    public ReadOnlyMemory<byte> this[int number] => number >= 0 && number < _blocks.Count ? _blocks[number] : throw new InvalidDataException($"no block {number}");

    /// <summary>Whether elements of this size are kept out of protobuf.</summary>
    public static bool Takes(long bytes) => bytes >= Least;

    /// <summary>Keeps a block, gives its number.</summary>
    public int Add(ReadOnlyMemory<byte> block)
    {
        _blocks.Add(block);
        return _blocks.Count - 1;
    }

    /// <summary>The model's message with numbers in the place of large blocks.</summary>
    /// <exception cref="InvalidDataException">No protobuf message.</exception>
    public ReadOnlyMemory<byte> Extract(ReadOnlyMemory<byte> message) => Extract(message, WireSchema.Model, 0);

    private ReadOnlyMemory<byte> Extract(ReadOnlyMemory<byte> message, WireSchema schema, int depth)
    {
        if (message.Length < Least && !schema.IsTensor)
        {
            return message;
        }

        if (depth > DeepestMessage)
        {
            throw new InvalidDataException($"messages inside messages more than {DeepestMessage} deep");
        }

        using var stripped = new MemoryStream();
        using var output = new CodedOutputStream(stripped, leaveOpen: true);
        var reader = new WireReader(message);
        while (reader.Next())
        {
            if (schema.IsTensor && reader.Number == WireSchema.Block)
            {
                throw new InvalidDataException($"a tensor with the field {WireSchema.Block}, which ONNX does not have");
            }

            if (schema.IsTensor && reader.Number == WireSchema.RawData && reader.HasContent && Takes(reader.Content.Length))
            {
                output.WriteTag(WireSchema.Block, WireFormat.WireType.Varint);
                output.WriteInt32(Add(reader.Content));
            }
            else if (reader.HasContent && schema.Children.TryGetValue(reader.Number, out var child))
            {
                var inner = Extract(reader.Content, child, depth + 1);
                output.WriteTag(reader.Number, WireFormat.WireType.LengthDelimited);
                output.WriteLength(inner.Length);
                Append(output, stripped, inner);
            }
            else
            {
                Append(output, stripped, reader.Whole);
            }
        }

        output.Flush();
        return stripped.GetBuffer().AsMemory(0, (int)stripped.Length);
    }

    /// <summary>The pieces of the message with the blocks in their places.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Insert(ReadOnlyMemory<byte> message)
    {
        List<ReadOnlyMemory<byte>> pieces = [];
        Insert(message, WireSchema.Model, pieces);
        return pieces;
    }

    /// <returns>The length of what was added to <paramref name="pieces"/>.</returns>
    private long Insert(ReadOnlyMemory<byte> message, WireSchema schema, List<ReadOnlyMemory<byte>> pieces)
    {
        long length = 0;
        var reader = new WireReader(message);
        while (reader.Next())
        {
            if (schema.IsTensor && reader.Number == WireSchema.Block)
            {
                var number = new CodedInputStream(reader.Whole.ToArray());
                number.ReadTag();
                var block = _blocks[number.ReadInt32()];
                length += Head(WireSchema.RawData, block.Length, pieces, pieces.Count) + block.Length;
                pieces.Add(block);
            }
            else if (reader.HasContent && schema.Children.TryGetValue(reader.Number, out var child))
            {
                var place = pieces.Count;
                var inner = Insert(reader.Content, child, pieces);
                length += Head(reader.Number, inner, pieces, place) + inner;
            }
            else
            {
                pieces.Add(reader.Whole);
                length += reader.Whole.Length;
            }
        }

        return length;
    }

    private static int Head(int field, long length, List<ReadOnlyMemory<byte>> pieces, int place)
    {
        if (length > int.MaxValue)
        {
            throw new IrException($"The model has more than {int.MaxValue} bytes in one file, which protobuf does not allow: put its weights into external data.");
        }

        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteLength((int)length);
        }

        pieces.Insert(place, bytes.ToArray());
        return (int)bytes.Length;
    }

    private static void Append(CodedOutputStream output, MemoryStream stream, ReadOnlyMemory<byte> bytes)
    {
        output.Flush();
        stream.Write(bytes.Span);
    }
}
