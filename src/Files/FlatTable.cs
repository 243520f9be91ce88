using System.Buffers.Binary;
using System.Text;

namespace OnnxPipeline.Files;

/// <summary>
/// A table of a FlatBuffer that nobody has verified: every access checks bounds and throws <see cref="FileFormatException"/>. All tables of one
/// file share a budget, so that a small file whose parts refer to each other again and again cannot take unlimited time.
/// </summary>
internal readonly struct FlatTable
{
    private readonly File _file;
    private readonly long _at;
    private readonly long _vtable;
    private readonly int _vtableSize;

    private FlatTable(File file, long at)
    {
        if (file.Tables-- <= 0)
        {
            throw file.Damaged(at, "its parts refer to each other more often than it is long");
        }

        (_file, _at) = (file, at);
        _vtable = at - BinaryPrimitives.ReadInt32LittleEndian(file.Span(at, 4));
        _vtableSize = BinaryPrimitives.ReadUInt16LittleEndian(file.Span(_vtable, 4));
        if (_vtableSize < 4)
        {
            throw file.Damaged(_vtable, "a table has no fields' list");
        }

        file.Span(_vtable, _vtableSize);
    }

    /// <summary>A FlatBuffer's bytes, and how many tables may still be read from it.</summary>
    internal sealed class File(string path, ReadOnlyMemory<byte> bytes)
    {
        // A table takes at least 4 bytes, and 4 more in what refers to it.
        public long Tables { get; set; } = bytes.Length / 8 + 1;

        public FlatTable Root() => new(this, BinaryPrimitives.ReadUInt32LittleEndian(Span(0, 4)));

        public ReadOnlySpan<byte> Span(long at, long length) => Memory(at, length).Span;

        public ReadOnlyMemory<byte> Memory(long at, long length) => at >= 0 && length >= 0 && at <= bytes.Length && length <= bytes.Length - at
            ? bytes.Slice((int)at, (int)length)
            : throw Damaged(at, "it ends before that");

        public FileFormatException Damaged(long at, string how) => new($"{path} is a damaged checkpoint: at byte {at} of {bytes.Length} {how}.");
    }

    public int Int(int slot) => Field(slot) is { } at ? BinaryPrimitives.ReadInt32LittleEndian(_file.Span(at, 4)) : 0;

    public long Long(int slot, long absent = 0) => Field(slot) is { } at ? BinaryPrimitives.ReadInt64LittleEndian(_file.Span(at, 8)) : absent;

    public float Float(int slot) => BitConverter.Int32BitsToSingle(Int(slot));

    public bool Bool(int slot) => Field(slot) is { } at && _file.Span(at, 1)[0] != 0;

    public string Text(int slot) => Bytes(slot, 1) is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : "";

    public FlatTable? Table(int slot) => Target(slot) is { } at ? new FlatTable(_file, at) : null;

    /// <summary>A vector of elements of <paramref name="width"/> bytes; null if the field is absent.</summary>
    public ReadOnlyMemory<byte>? Bytes(int slot, int width) => Target(slot) is { } at
        ? _file.Memory(at + 4, width * (long)BinaryPrimitives.ReadUInt32LittleEndian(_file.Span(at, 4)))
        : default(ReadOnlyMemory<byte>?);

    /// <summary>A vector of tables, each made into a <typeparamref name="T"/>; null if the field is absent.</summary>
    public List<T>? Tables<T>(int slot, Func<FlatTable, T> read)
    {
        if (Target(slot) is not { } at)
        {
            return null;
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(_file.Span(at, 4));
        _file.Span(at + 4, 4L * count);
        var tables = new List<T>();
        for (var item = at + 4; tables.Count < count; item += 4)
        {
            tables.Add(read(new FlatTable(_file, item + BinaryPrimitives.ReadUInt32LittleEndian(_file.Span(item, 4)))));
        }

        return tables;
    }

    private long? Target(int slot) => Field(slot) is { } at ? at + BinaryPrimitives.ReadUInt32LittleEndian(_file.Span(at, 4)) : null;

    private long? Field(int slot)
    {
        var entry = 4 + 2 * slot;
        var offset = entry + 2 <= _vtableSize ? BinaryPrimitives.ReadUInt16LittleEndian(_file.Span(_vtable + entry, 2)) : 0;
        return offset == 0 ? null : _at + offset;
    }
}
