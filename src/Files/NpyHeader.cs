using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;

namespace OnnxPipeline.Files;

/// <summary>The header of one <c>.npy</c> array, versions 1 to 3.</summary>
internal sealed partial record NpyHeader(string Where, ElementType Type, IReadOnlyList<long> Shape, bool Fortran)
{
    private static readonly (string Descr, ElementType Type)[] Types =
    [
        ("<f4", ElementType.Float), ("<f8", ElementType.Double), ("<f2", ElementType.Float16), ("<i8", ElementType.Int64), ("<i4", ElementType.Int32),
        ("<i2", ElementType.Int16), ("|i1", ElementType.Int8), ("<u8", ElementType.UInt64), ("<u4", ElementType.UInt32), ("<u2", ElementType.UInt16),
        ("|u1", ElementType.UInt8), ("|b1", ElementType.Bool), ("<c8", ElementType.Complex64), ("<c16", ElementType.Complex128),
    ];

    /// <param name="stream">Stands behind the header afterwards.</param>
    /// <param name="where">File and array, for messages.</param>
    public static NpyHeader Read(Stream stream, string where)
    {
        Span<byte> start = stackalloc byte[8];
        Fill(stream, start, where);
        if (start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8) || start[6] is < 1 or > 3)
        {
            throw new FileFormatException($"{where} is no .npy array of version 1 to 3.");
        }

        Span<byte> size = stackalloc byte[start[6] == 1 ? 2 : 4];
        Fill(stream, size, where);
        var length = start[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(size) : BinaryPrimitives.ReadUInt32LittleEndian(size);
        if (length > 1 << 20)
        {
            throw new FileFormatException($"{where}: its header says that it has {length} bytes; an array's has a few hundred.");
        }

        var bytes = new byte[length];
        Fill(stream, bytes, where);
        var text = Encoding.UTF8.GetString(bytes);
        var descr = DescrPattern().Match(text);
        var fortran = FortranPattern().Match(text);
        var shape = ShapePattern().Match(text);
        if (!fortran.Success || !shape.Success || !descr.Success)
        {
            throw new FileFormatException($"{where}: 'descr' (a plain type), 'fortran_order' and 'shape' are wanted in its header, found: {text.Trim()}");
        }

        var type = Array.Find(Types, t => t.Descr == descr.Groups[1].Value).Type;
        if (type == ElementType.Undefined)
        {
            throw new FileFormatException($"{where} has the type '{descr.Groups[1].Value}'; wanted is one of {string.Join(" ", Types.Select(t => t.Descr))} (little-endian).");
        }

        long count = 1;
        var dims = new List<long>();
        foreach (var part in shape.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!long.TryParse(part, out var dim) || dim < 0 || (dim > 0 && count > Array.MaxLength / dim))
            {
                throw new FileFormatException($"{where} has the shape ({shape.Groups[1].Value}); at most 2 GiB are possible.");
            }

            dims.Add(dim);
            count *= Math.Max(dim, 1);
        }

        return type.ByteCount(count) <= Array.MaxLength
            ? new NpyHeader(where, type, dims, fortran.Groups[1].Value == "True")
            : throw new FileFormatException($"{where} has the shape ({shape.Groups[1].Value}); at most 2 GiB are possible.");
    }

    /// <summary>The elements that follow the header, brought into row-major order.</summary>
    public Tensor ReadElements(Stream stream)
    {
        // Read in pieces: a header that promises more than the file holds must not cost its promise in memory.
        var wanted = (int)Type.ByteCount(Shape.Aggregate(1L, (a, b) => a * b));
        var bytes = new byte[Math.Min(wanted, 1 << 20)];
        for (var at = 0; at < wanted;)
        {
            if (at == bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(wanted, 2L * bytes.Length));
            }

            var read = stream.Read(bytes, at, bytes.Length - at);
            at += read;
            if (read == 0)
            {
                throw new FileFormatException($"{Where} wants {wanted} bytes of elements, found {at}: the file is truncated.");
            }
        }

        if (stream.ReadByte() >= 0)
        {
            throw new FileFormatException($"{Where} has more bytes than the {wanted} of its shape.");
        }

        return new Tensor(Type, [.. Shape], Fortran && Shape.Count > 1 ? RowMajor(bytes) : bytes);
    }

    /// <summary>A version 1 header, filled up so that the elements begin at a multiple of 64.</summary>
    public static byte[] Write(string name, Tensor tensor)
    {
        var descr = Array.Find(Types, t => t.Type == tensor.Type).Descr
            ?? throw new FileFormatException($"An npz file cannot hold the tensor '{name}' of type {tensor.Type}; a safetensors file may.");
        var dims = string.Join(", ", tensor.Dims) + (tensor.Rank == 1 ? "," : "");
        var text = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({dims}), }}";
        var padded = text.PadRight((text.Length + 11 + 63) / 64 * 64 - 11) + "\n";
        var bytes = new byte[10 + padded.Length];
        bytes[0] = 0x93;
        "NUMPY\u0001\0"u8.CopyTo(bytes.AsSpan(1));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)padded.Length);
        Encoding.ASCII.GetBytes(padded, bytes.AsSpan(10));
        return bytes;
    }

    private byte[] RowMajor(byte[] columns)
    {
        var width = Type.Bits() / 8;
        var rows = new byte[columns.Length];
        var index = new long[Shape.Count];
        for (var to = 0; to < rows.Length; to += width)
        {
            long from = 0;
            for (var axis = Shape.Count - 1; axis >= 0; axis--)
            {
                from = from * Shape[axis] + index[axis];
            }

            columns.AsSpan((int)(from * width), width).CopyTo(rows.AsSpan(to));
            for (var axis = Shape.Count - 1; axis >= 0 && ++index[axis] == Shape[axis]; axis--)
            {
                index[axis] = 0;
            }
        }

        return rows;
    }

    private static void Fill(Stream stream, Span<byte> bytes, string where)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw new FileFormatException($"{where} ends within its header.");
        }
    }

    [GeneratedRegex("""['"]descr['"]\s*:\s*['"]([^'"]*)['"]""")]
    private static partial Regex DescrPattern();

    [GeneratedRegex("""['"]fortran_order['"]\s*:\s*(True|False)""")]
    private static partial Regex FortranPattern();

    [GeneratedRegex("""['"]shape['"]\s*:\s*\(([0-9,\s]*)\)""")]
    private static partial Regex ShapePattern();
}
