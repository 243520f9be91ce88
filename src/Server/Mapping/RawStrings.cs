using System.Buffers.Binary;

namespace OnnxPipeline.Server.Mapping;

/// <summary>The raw form of BYTES: every element as its length in four bytes, little-endian, and its bytes.</summary>
internal static class RawStrings
{
    private const int Prefix = sizeof(uint);

    /// <summary>The elements, without a copy; null where a length does not fit what is left.</summary>
    public static List<ReadOnlyMemory<byte>>? Read(ReadOnlyMemory<byte> raw)
    {
        var elements = new List<ReadOnlyMemory<byte>>();
        while (raw.Length > 0)
        {
            if (raw.Length < Prefix || BinaryPrimitives.ReadUInt32LittleEndian(raw.Span) is var length && length > raw.Length - Prefix)
            {
                return null;
            }

            elements.Add(raw.Slice(Prefix, (int)length));
            raw = raw[(Prefix + (int)length)..];
        }

        return elements;
    }

    public static byte[] Write(IReadOnlyList<ReadOnlyMemory<byte>> elements)
    {
        var raw = new byte[elements.Sum(element => Prefix + element.Length)];
        var rest = raw.AsSpan();
        foreach (var element in elements)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)element.Length);
            element.Span.CopyTo(rest[Prefix..]);
            rest = rest[(Prefix + element.Length)..];
        }

        return raw;
    }
}
