using System.Text;
using Google.Protobuf;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Serialization;

/// <summary>The versions of a model file, read without its graph.</summary>
/// <param name="IrVersion">0 where the file names none.</param>
/// <param name="Opset">Of ONNX's own operators; 0 where the file imports none.</param>
public sealed record ModelHeader(long IrVersion, long Opset)
{
    private const int IrVersionField = 1, OpsetImportField = 8, DomainField = 1, VersionField = 2;

    /// <summary>Reads it; null where the file is no protobuf message.</summary>
    /// <exception cref="FileFormatException">The file cannot be read.</exception>
    public static ModelHeader? Read(string path)
    {
        using var file = MappedFile.Open(path);
        try
        {
            return file.Length is > 0 and <= int.MaxValue ? Read(file.Slice(0, file.Length).Span) : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static ModelHeader Read(ReadOnlySpan<byte> model)
    {
        long version = 0, opset = 0;
        while (!model.IsEmpty)
        {
            var field = Next(ref model, out var number, out var content);
            if (field == IrVersionField)
            {
                version = number;
            }
            else if (field == OpsetImportField)
            {
                opset = Math.Max(opset, OwnVersion(content));
            }
        }

        return new(version, opset);
    }

    /// <summary>The version that an import gives ONNX's own operators; 0 where it is of another domain.</summary>
    private static long OwnVersion(ReadOnlySpan<byte> import)
    {
        long version = 0;
        var own = true;
        while (!import.IsEmpty)
        {
            var field = Next(ref import, out var number, out var content);
            version = field == VersionField ? number : version;
            own = field == DomainField ? Encoding.UTF8.GetString(content) is "" or "ai.onnx" : own;
        }

        return own ? version : 0;
    }

    /// <summary>The number of the next field, and what it holds: a number, or bytes.</summary>
    private static int Next(ref ReadOnlySpan<byte> rest, out long number, out ReadOnlySpan<byte> content)
    {
        var tag = Varint(ref rest);
        var kind = (WireFormat.WireType)(tag & 7);
        number = kind == WireFormat.WireType.Varint ? (long)Varint(ref rest) : 0;
        var length = kind switch
        {
            WireFormat.WireType.Varint => 0ul,
            WireFormat.WireType.Fixed32 => 4ul,
            WireFormat.WireType.Fixed64 => 8ul,
            WireFormat.WireType.LengthDelimited => Varint(ref rest),
            _ => throw new InvalidDataException(),
        };
        if (length > (ulong)rest.Length)
        {
            throw new InvalidDataException();
        }

        content = rest[..(int)length];
        rest = rest[(int)length..];
        return (int)(tag >> 3);
    }

    private static ulong Varint(ref ReadOnlySpan<byte> rest)
    {
        ulong value = 0;
        for (var i = 0; i < Math.Min(rest.Length, 10); i++)
        {
            value |= (ulong)(rest[i] & 0x7f) << (7 * i);
            if (rest[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return value;
            }
        }

        throw new InvalidDataException();
    }
}
