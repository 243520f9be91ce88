using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OnnxPipeline.Files;

namespace OnnxPipeline.Text;

/// <summary>
/// The ids of a corpus in a file, mapped into memory: a header of 32 bytes (<c>OPTOKENS</c>, version, bytes an id, number of ids), then
/// the ids, little-endian, of two bytes where the vocabulary allows, else of four.
/// </summary>
public sealed class TokenFile : IDisposable
{
    internal const int HeaderLength = 32;

    private const int Version = 1;

    /// <summary>A file may be larger than a span.</summary>
    private const int PieceShift = 30;

    private readonly MappedFile _file;
    private readonly ReadOnlyMemory<byte>[] _pieces;
    private readonly int _width;

    private TokenFile(MappedFile file, int width, long count)
    {
        (_file, _width, Count) = (file, width, count);
        var bytes = count * width;
        _pieces = [.. Enumerable.Range(0, (int)((bytes + (1L << PieceShift) - 1) >> PieceShift)).Select(i =>
            file.Slice(HeaderLength + ((long)i << PieceShift), Math.Min(1L << PieceShift, bytes - ((long)i << PieceShift))))];
    }

    public string Path => _file.Path;

    /// <summary>Number of ids.</summary>
    public long Count { get; }

    /// <summary>All of it.</summary>
    public TokenPart Whole => new(this, 0, Count);

    /// <exception cref="FileFormatException">It is no such file, or not complete.</exception>
    public static TokenFile Open(string path)
    {
        var file = MappedFile.Open(path);
        try
        {
            var header = file.Slice(0, HeaderLength).Span;
            var width = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
            var count = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
            return header.StartsWith("OPTOKENS"u8) && BinaryPrimitives.ReadInt32LittleEndian(header[8..]) == Version && width is 2 or 4
                && count >= 0 && (file.Length - HeaderLength) % width == 0 && (file.Length - HeaderLength) / width == count
                ? new TokenFile(file, width, count)
                : throw new FileFormatException($"{path} is not a complete file of token ids; delete it, it will be made again.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Copies the ids from <paramref name="start"/> on.</summary>
    public void CopyTo(long start, Span<long> to)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Count - to.Length);
        while (!to.IsEmpty)
        {
            var at = start * _width;
            var piece = _pieces[at >> PieceShift].Span[(int)(at & ((1L << PieceShift) - 1))..];
            var taken = Math.Min(to.Length, piece.Length / _width);
            if (_width == 2)
            {
                Widen(MemoryMarshal.Cast<byte, ushort>(piece)[..taken], to);
            }
            else
            {
                Widen(MemoryMarshal.Cast<byte, int>(piece)[..taken], to);
            }

            start += taken;
            to = to[taken..];
        }
    }

    /// <summary>Ends the mapping; neither this nor what was made of it may be used afterwards.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>Writes a file from ids that come in pieces.</summary>
    internal static void Write(Stream stream, int vocabularySize, Action<Action<List<int>>> produce)
    {
        var width = vocabularySize <= 1 << 16 ? 2 : 4;
        Span<byte> header = stackalloc byte[HeaderLength];
        header.Clear();
        stream.Write(header);
        long count = 0;
        var buffer = Array.Empty<byte>();
        produce(ids =>
        {
            buffer = buffer.Length >= ids.Count * width ? buffer : new byte[ids.Count * width * 3 / 2];
            for (var i = 0; i < ids.Count; i++)
            {
                if (width == 2)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(buffer.AsSpan(i * 2), (ushort)ids[i]);
                }
                else
                {
                    BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(i * 4), ids[i]);
                }
            }

            stream.Write(buffer.AsSpan(0, ids.Count * width));
            count += ids.Count;
        });
        "OPTOKENS"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], width);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], count);
        stream.Position = 0;
        stream.Write(header);
    }

    private static void Widen<T>(ReadOnlySpan<T> from, Span<long> to) where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        for (var i = 0; i < from.Length; i++)
        {
            to[i] = long.CreateTruncating(from[i]);
        }
    }
}
