using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization.Proto;

namespace OnnxPipeline.Ir.Serialization;

/// <summary>Tensors from and to their messages. Read: <c>raw_data</c>, typed fields, external data; written: <c>raw_data</c> and external data.</summary>
internal static class TensorProtos
{
    private const int External = 1;

    /// <summary>Up to so many bytes are copied out of the file: aligned, and not holding on to it.</summary>
    private const int Small = 1024;

    /// <param name="where">Begins messages: file and tensor.</param>
    public static Tensor Read(TensorProto proto, ReadContext context, string where)
    {
        var type = (ElementType)proto.DataType;
        if (!Enum.IsDefined(type) || type == ElementType.Undefined)
        {
            throw new IrException($"{where} has the element type {proto.DataType}, which is none of ONNX's.");
        }

        try
        {
            var dims = proto.Dims.ToArray();
            if (proto.DataLocation == External)
            {
                return new Tensor(type, dims, Outside(proto, context, type, dims, where));
            }

            if (type == ElementType.String)
            {
                return new Tensor([.. proto.StringData.Select(s => s.Memory)], dims);
            }

            var bytes = proto.HasRawData ? context.Elements(proto.RawData) : Typed(proto, type);
            return new Tensor(type, dims, bytes.Length > Small ? bytes : bytes.ToArray());
        }
        catch (FileFormatException e)
        {
            throw new IrException(e.Message.StartsWith(where, StringComparison.Ordinal) ? e.Message : $"{where}: {e.Message}", e); // a path that leaves the folder is told with the tensor already
        }
        catch (OverflowException e)
        {
            throw new IrException($"{where} has the shape [{string.Join(", ", proto.Dims)}], whose size is beyond all numbers.", e);
        }
    }

    /// <param name="external">Where the elements lie in another file; null: here.</param>
    public static TensorProto Write(string name, Tensor tensor, string? file = null, ManifestData? external = null)
    {
        var proto = new TensorProto { DataType = (int)tensor.Type };
        proto.Dims.AddRange(tensor.Dims);
        if (name.Length > 0)
        {
            proto.Name = name;
        }

        if (tensor.Strings is { } strings)
        {
            proto.StringData.AddRange(strings.Select(UnsafeByteOperations.UnsafeWrap));
        }
        else if (external is not null)
        {
            proto.DataLocation = External;
            proto.ExternalData.Add(Entry("location", file!));
            proto.ExternalData.Add(Entry("offset", external.Offset.ToString(CultureInfo.InvariantCulture)));
            proto.ExternalData.Add(Entry("length", external.Length.ToString(CultureInfo.InvariantCulture)));
        }
        else
        {
            proto.RawData = UnsafeByteOperations.UnsafeWrap(tensor.Bytes);
        }

        return proto;
    }

    private static StringStringEntryProto Entry(string key, string value) => new() { Key = key, Value = value };

    private static ReadOnlyMemory<byte> Outside(TensorProto proto, ReadContext context, ElementType type, long[] dims, string where)
    {
        long offset = 0;
        long? length = null;
        string? location = null;
        foreach (var entry in proto.ExternalData)
        {
            switch (entry.Key)
            {
                case "location":
                    location = entry.Value;
                    break;
                case "offset":
                    offset = Number(entry);
                    break;
                case "length":
                    length = Number(entry);
                    break;
                default:
                    break; // checksum and what may come
            }
        }

        if (location is null)
        {
            throw new IrException($"{where} lies in another file, but its external_data has no location.");
        }

        long count = 1;
        foreach (var dim in dims)
        {
            count = dim >= 0 ? checked(count * dim) : throw new IrException($"{where} has the dimension {dim}; dimensions are at least 0.");
        }

        var wanted = type.ByteCount(count);
        if (length is { } given && given != wanted)
        {
            throw new IrException($"{where} of type {type} and shape {Tensor.Describe(dims)} takes {wanted} bytes, but its external_data gives a length of {given}.");
        }

        return context.External(location, where).Slice(offset, wanted);

        long Number(StringStringEntryProto entry) => long.TryParse(entry.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new IrException($"{where}: the {entry.Key} of its external_data is '{entry.Value}', which is no number of bytes.");
    }

    private static byte[] Typed(TensorProto proto, ElementType type) => type switch
    {
        ElementType.Float or ElementType.Complex64 => Bytes(proto.FloatData, 4, BinaryPrimitives.WriteSingleLittleEndian),
        ElementType.Double or ElementType.Complex128 => Bytes(proto.DoubleData, 8, BinaryPrimitives.WriteDoubleLittleEndian),
        ElementType.Int64 => Bytes(proto.Int64Data, 8, BinaryPrimitives.WriteInt64LittleEndian),
        ElementType.UInt64 => Bytes(proto.Uint64Data, 8, BinaryPrimitives.WriteUInt64LittleEndian),
        ElementType.UInt32 => Bytes(proto.Uint64Data, 4, (span, value) => BinaryPrimitives.WriteUInt32LittleEndian(span, (uint)value)),
        _ => type.Bits() switch
        {
            32 => Bytes(proto.Int32Data, 4, BinaryPrimitives.WriteInt32LittleEndian),
            16 => Bytes(proto.Int32Data, 2, (span, value) => BinaryPrimitives.WriteUInt16LittleEndian(span, (ushort)value)),
            _ => Bytes(proto.Int32Data, 1, (span, value) => span[0] = (byte)value), // narrower types are packed already
        },
    };

    private static byte[] Bytes<T>(IReadOnlyCollection<T> values, int width, WriteOne<T> write)
    {
        var bytes = new byte[checked(values.Count * width)];
        var at = 0;
        foreach (var value in values)
        {
            write(bytes.AsSpan(at), value);
            at += width;
        }

        return bytes;
    }

    private delegate void WriteOne<T>(Span<byte> to, T value);
}
