using System.Buffers.Binary;
using System.Text.Json;

namespace OnnxPipeline.Files;

/// <summary>
/// The safetensors format: 8 bytes with the header's length, a JSON header, the elements without gaps. Everything the header says is
/// checked against the file before any tensor is handed out.
/// </summary>
public static class SafeTensors
{
    /// <summary>The longest header that the format allows, in bytes.</summary>
    private const long HeaderLimit = 100_000_000;

    private static readonly (string Name, ElementType Type)[] Types =
    [
        ("F32", ElementType.Float), ("F64", ElementType.Double), ("F16", ElementType.Float16), ("BF16", ElementType.BFloat16),
        ("I64", ElementType.Int64), ("I32", ElementType.Int32), ("I16", ElementType.Int16), ("I8", ElementType.Int8),
        ("U64", ElementType.UInt64), ("U32", ElementType.UInt32), ("U16", ElementType.UInt16), ("U8", ElementType.UInt8),
        ("BOOL", ElementType.Bool), ("F8_E4M3", ElementType.Float8E4M3FN), ("F8_E5M2", ElementType.Float8E5M2), ("F8_E8M0", ElementType.Float8E8M0),
        ("C64", ElementType.Complex64),
    ];

    /// <summary>The name that safetensors and our manifests give a type (<c>F32</c>, <c>I64</c>); null where the format has none.</summary>
    public static string? NameOf(ElementType type) => Array.Find(Types, t => t.Type == type).Name;

    /// <summary>The type of a name as <see cref="NameOf"/> gives it; <see cref="ElementType.Undefined"/> for an unknown one.</summary>
    public static ElementType TypeOf(string name) => Array.Find(Types, t => t.Name == name).Type;

    /// <summary>Maps a file and reads its header.</summary>
    /// <exception cref="FileFormatException">Not such a file, or a header that the file does not bear out.</exception>
    public static TensorFile Open(string path)
    {
        var file = MappedFile.Open(path);
        try
        {
            return Read(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes the tensors: names in the given order, elements sorted by width so that each lies aligned, the header filled up to a multiple of 8.
    /// Same input, same bytes.
    /// </summary>
    /// <exception cref="FileFormatException">A name twice, or a type that the format does not have.</exception>
    public static void Write(Stream stream, IReadOnlyList<NamedTensor> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        var laidOut = tensors.OrderByDescending(t => t.Tensor.Type.Bits()).ToList(); // a stable sort
        var begins = new Dictionary<string, long>();
        long end = 0;
        foreach (var (name, tensor) in laidOut)
        {
            if (NameOf(tensor.Type) is null || name == "__metadata__" || !begins.TryAdd(name, end))
            {
                throw new FileFormatException($"A safetensors file cannot hold the tensor '{name}' of type {tensor.Type}: " +
                    (NameOf(tensor.Type) is null ? "the format does not have the type." : "the name is already taken."));
            }

            end += tensor.Bytes.Length;
        }

        var header = Header(tensors, begins, metadata);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var (_, tensor) in laidOut)
        {
            stream.Write(tensor.Bytes.Span);
        }
    }

    private static byte[] Header(IReadOnlyList<NamedTensor> tensors, Dictionary<string, long> begins, IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            if (metadata is not null)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            foreach (var (name, tensor) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", NameOf(tensor.Type));
                json.WriteStartArray("shape");
                foreach (var dim in tensor.Dims)
                {
                    json.WriteNumberValue(dim);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begins[name]);
                json.WriteNumberValue(begins[name] + tensor.Bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (bytes.Length % 8 != 0)
        {
            bytes.WriteByte((byte)' ');
        }

        return bytes.ToArray();
    }

    private static TensorFile Read(string path, MappedFile file)
    {
        var size = file.Length < 8 ? -1 : BinaryPrimitives.ReadInt64LittleEndian(file.Slice(0, 8).Span);
        if (size < 2 || size > file.Length - 8 || size > HeaderLimit)
        {
            throw new FileFormatException(file.Length switch
            {
                0 => $"{path} is empty; a safetensors file was wanted.",
                < 8 => $"{path} has {file.Length} bytes; a safetensors file was wanted, which begins with 8 bytes that say how long its header is. The file is truncated, or none.",
                _ when size >= 2 && size <= HeaderLimit => $"{path} has {file.Length} bytes; its header alone takes {size} after the first 8. The file is truncated, or no safetensors file.",
                _ => $"{path} is no safetensors file: its first 8 bytes give {(ulong)size} as the length of the header; 2 to {HeaderLimit} were wanted.",
            });
        }

        var header = SafeTensorsHeader.Parse(path, file.Slice(8, size).Span);
        var places = new Dictionary<string, (TensorInfo Info, long Begin, long End)>();
        foreach (var entry in header.Tensors)
        {
            var type = TypeOf(entry.Type);
            if (type == ElementType.Undefined)
            {
                throw new FileFormatException($"{path}: tensor '{entry.Name}' has the type {entry.Type}; known are {string.Join(", ", Types.Select(t => t.Name))}.");
            }

            var wanted = ByteCount(type, entry.Shape);
            if (wanted is null || wanted != entry.End - entry.Begin)
            {
                throw new FileFormatException($"{path}: tensor '{entry.Name}' of type {entry.Type} and shape {Tensor.Describe([.. entry.Shape])} " +
                    $"takes {wanted?.ToString() ?? "more bytes than a file can have"}; its offsets {entry.Begin} to {entry.End} do not give it that.");
            }

            places.Add(entry.Name, (new TensorInfo(entry.Name, type, entry.Shape), entry.Begin, entry.End));
        }

        var data = 8 + size;
        long at = 0;
        foreach (var (info, begin, end) in places.Values.OrderBy(p => p.Begin).ThenBy(p => p.End))
        {
            if (begin != at)
            {
                throw new FileFormatException($"{path}: tensor '{info.Name}' begins at byte {begin} of the data, but the one before it ends at {at}: the tensors overlap or leave a gap.");
            }

            at = end;
        }

        if (at != file.Length - data)
        {
            throw new FileFormatException($"{path} has {file.Length - data} bytes of data, its header describes {at}: the file is truncated or damaged.");
        }

        return new TensorFile(
            path,
            header.Tensors.Select(t => places[t.Name].Info),
            header.Metadata,
            name =>
            {
                var (info, begin, end) = places[name];
                return new Tensor(info.Type, [.. info.Dims], file.Slice(data + begin, end - begin));
            },
            name => new TensorRows(places[name].Info, file, data + places[name].Begin));
    }

    private static long? ByteCount(ElementType type, IReadOnlyList<long> shape)
    {
        try
        {
            return type.ByteCount(shape.Aggregate(1L, (count, dim) => checked(count * dim)));
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}
