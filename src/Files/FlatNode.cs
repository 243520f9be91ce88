using System.Buffers.Binary;
using System.Text;

namespace OnnxPipeline.Files;

/// <summary>
/// A part of a FlatBuffer to be written: a table, a vector of references, or a vector of plain bytes. The tree is laid out first (every part gets
/// its place, referring parts before the parts they refer to) and then streamed, so that large byte vectors are never copied.
/// </summary>
internal abstract record FlatNode
{
    private FlatNode()
    {
    }

    /// <summary>One field of a table: its slot, its width, and either its bytes or what it refers to.</summary>
    internal sealed record Field(int Slot, byte[] Scalar, FlatNode? Reference = null);

    internal sealed record Table(params Field?[] Fields) : FlatNode;

    internal sealed record References(IReadOnlyList<FlatNode> Items) : FlatNode;

    /// <param name="Content">The elements.</param>
    /// <param name="Width">Bytes of one element, its alignment too.</param>
    /// <param name="Terminated">Strings end in a zero that their length does not count.</param>
    internal sealed record Bytes(ReadOnlyMemory<byte> Content, int Width, bool Terminated = false) : FlatNode;

    public static Field Int(int slot, int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return new Field(slot, bytes);
    }

    public static Field Long(int slot, long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return new Field(slot, bytes);
    }

    public static Field Float(int slot, float value) => Int(slot, BitConverter.SingleToInt32Bits(value));

    public static Field Bool(int slot, bool value) => new(slot, [value ? (byte)1 : (byte)0]);

    public static Field Ref(int slot, FlatNode node) => new(slot, new byte[4], node);

    public static Field Text(int slot, string value) => Ref(slot, new Bytes(Encoding.UTF8.GetBytes(value), 1, Terminated: true));

    /// <summary>Writes the buffer whose root is <paramref name="root"/>.</summary>
    /// <exception cref="FileFormatException">It would be 2 GiB or more, which the format cannot address.</exception>
    public static void Write(Stream stream, Table root, ReadOnlySpan<byte> identifier, string what)
    {
        var parts = new List<(FlatNode Node, long At, long Before)>();
        var places = new Dictionary<FlatNode, long>(ReferenceEqualityComparer.Instance);
        var end = Place(root, 8, parts, places);
        if (end >= int.MaxValue)
        {
            throw new FileFormatException($"{what} would take {end} bytes; the format ends at 2 GiB, and it moves parameters to a second file but no optimizer state.");
        }

        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write((uint)places[root]);
        writer.Write(identifier);
        long position = 8;
        foreach (var (node, at, before) in parts)
        {
            Pad(writer, before - position);
            position = node switch
            {
                Table table => WriteTable(writer, table, at, before, places),
                References references => WriteReferences(writer, references, at, places),
                Bytes bytes => WriteBytes(writer, bytes, at),
                _ => throw new InvalidOperationException("A FlatBuffer has tables and vectors only."),
            };
        }
    }

    /// <summary>Gives <paramref name="node"/> and all below it places from <paramref name="at"/> on; returns the end.</summary>
    private static long Place(FlatNode node, long at, List<(FlatNode, long, long)> parts, Dictionary<FlatNode, long> places)
    {
        long start, before;
        IEnumerable<FlatNode> below = [];
        switch (node)
        {
            case Table table:
                // The table of field offsets comes first, the table itself at a multiple of 8.
                var (vtable, size) = Extent(table);
                start = Align(at + vtable, 8);
                before = start - vtable;
                at = start + size;
                below = table.Fields.Where(f => f?.Reference is not null).Select(f => f!.Reference!);
                break;
            case References references:
                start = before = Align(at, 4);
                at = start + 4 + 4L * references.Items.Count;
                below = references.Items;
                break;
            case Bytes bytes:
                // The length is 4 bytes before the elements; large ones begin at a multiple of 16 for whoever maps the file.
                start = before = Align(at + 4, bytes.Content.Length >= 16 && !bytes.Terminated ? 16 : Math.Max(4, bytes.Width)) - 4;
                at = start + 4 + bytes.Content.Length + (bytes.Terminated ? 1 : 0);
                break;
            default:
                throw new InvalidOperationException("A FlatBuffer has tables and vectors only.");
        }

        places.Add(node, start);
        parts.Add((node, start, before));
        return below.Aggregate(at, (end, child) => Place(child, end, parts, places));
    }

    private static (int VTable, int Size) Extent(Table table)
    {
        var (slots, size) = (0, 4);
        foreach (var field in table.Fields.OfType<Field>())
        {
            slots = Math.Max(slots, field.Slot + 1);
            size = (int)Align(size, field.Scalar.Length) + field.Scalar.Length;
        }

        return (4 + 2 * slots, size);
    }

    private static long WriteTable(BinaryWriter writer, Table table, long at, long before, Dictionary<FlatNode, long> places)
    {
        var (vtable, size) = Extent(table);
        var bytes = new byte[vtable + size];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)vtable);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), (ushort)size);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(vtable), (int)(at - before));
        var offset = 4;
        foreach (var field in table.Fields.OfType<Field>())
        {
            offset = (int)Align(offset, field.Scalar.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4 + 2 * field.Slot), (ushort)offset);
            field.Scalar.CopyTo(bytes, vtable + offset);
            if (field.Reference is { } reference)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(vtable + offset), (uint)(places[reference] - (at + offset)));
            }

            offset += field.Scalar.Length;
        }

        writer.Write(bytes);
        return at + size;
    }

    private static long WriteReferences(BinaryWriter writer, References references, long at, Dictionary<FlatNode, long> places)
    {
        writer.Write((uint)references.Items.Count);
        var position = at + 4;
        foreach (var item in references.Items)
        {
            writer.Write((uint)(places[item] - position));
            position += 4;
        }

        return position;
    }

    private static long WriteBytes(BinaryWriter writer, Bytes bytes, long at)
    {
        writer.Write((uint)(bytes.Content.Length / bytes.Width));
        writer.Write(bytes.Content.Span);
        if (bytes.Terminated)
        {
            writer.Write((byte)0);
        }

        return at + 4 + bytes.Content.Length + (bytes.Terminated ? 1 : 0);
    }

    private static void Pad(BinaryWriter writer, long count)
    {
        for (; count > 0; count--)
        {
            writer.Write((byte)0);
        }
    }

    private static long Align(long at, int to) => (at + to - 1) / to * to;
}
