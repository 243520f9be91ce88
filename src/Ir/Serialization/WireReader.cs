namespace OnnxPipeline.Ir.Serialization;

/// <summary>Steps through the fields of one protobuf message without copying.</summary>
internal ref struct WireReader(ReadOnlyMemory<byte> message)
{
    private int _at;

    /// <summary>The whole current field, tag included.</summary>
    public ReadOnlyMemory<byte> Whole { get; private set; }

    public int Number { get; private set; }

    /// <summary>Whether the field has a length: a message, bytes, text, packed numbers.</summary>
    public bool HasContent { get; private set; }

    /// <summary>What a field with a length holds.</summary>
    public ReadOnlyMemory<byte> Content { get; private set; }

    /// <exception cref="InvalidDataException">The message ends inside a field, or is none.</exception>
    public bool Next()
    {
        if (_at == message.Length)
        {
            return false;
        }

        var start = _at;
        var tag = Varint();
        Number = tag >> 3 is > 0 and <= 536870911 ? (int)(tag >> 3) : throw new InvalidDataException($"byte {start} of a message is no field");
        HasContent = (tag & 7) == 2;
        Content = default;
        switch (tag & 7)
        {
            case 0:
                Varint();
                break;
            case 1:
                Skip(8);
                break;
            case 2:
                var length = Varint();
                var from = _at;
                Skip(length);
                Content = message[from.._at];
                break;
            case 5:
                Skip(4);
                break;
            default:
                throw new InvalidDataException($"a field of wire type {tag & 7}, which ONNX does not use");
        }

        Whole = message[start.._at];
        return true;
    }

    private void Skip(ulong length) =>
        _at = length <= (ulong)(message.Length - _at) ? _at + (int)length : throw new InvalidDataException($"a field of {length} bytes where {message.Length - _at} are left");

    private ulong Varint()
    {
        var span = message.Span;
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_at == span.Length)
            {
                throw new InvalidDataException("a number that is cut off");
            }

            var next = span[_at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("a number of more than 10 bytes");
    }
}
