using System.IO.MemoryMappedFiles;

namespace OnnxPipeline.Files;

/// <summary>
/// A file mapped read-only into memory. Slices are views, not copies, and stay valid until <see cref="Dispose"/>. A mapping that nobody
/// disposes lives as long as the process: it costs addresses, not memory, and a finalizer could take it from under a loop over a span,
/// which the garbage collector does not see as a reference.
/// </summary>
public sealed unsafe class MappedFile : IDisposable
{
    private static readonly HashSet<MappedFile> Mapped = [];

    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _start;

    private MappedFile(string path, FileStream stream)
    {
        Path = path;
        Length = stream.Length;
        if (Length == 0)
        {
            return; // the operating system does not map nothing
        }

        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    public string Path { get; }

    /// <summary>In bytes; the file may be larger than 2 GiB, one slice may not.</summary>
    public long Length { get; }

    /// <exception cref="FileFormatException">There is no such file, it is a folder, or it may not be read.</exception>
    public static MappedFile Open(string path)
    {
        var stream = InputFile.OpenRead(path);
        try
        {
            var mapped = new MappedFile(path, stream);
            if (mapped.Length == 0)
            {
                stream.Dispose();
            }

            lock (Mapped)
            {
                Mapped.Add(mapped);
            }

            return mapped;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            stream.Dispose();
            throw new FileFormatException($"{path} cannot be mapped into memory: {e.Message}", e);
        }
    }

    /// <summary>The bytes from <paramref name="offset"/> on, without a copy.</summary>
    /// <exception cref="FileFormatException">They are not all in the file, or more than 2 GiB.</exception>
    public ReadOnlyMemory<byte> Slice(long offset, long length)
    {
        Require(offset, length);
        return length == 0 ? default : new PointerMemory(_start + offset, (int)length, this).Memory;
    }

    /// <summary>As <see cref="Slice"/>, without an object: for what is read again and again.</summary>
    /// <inheritdoc cref="Slice"/>
    public ReadOnlySpan<byte> Span(long offset, long length)
    {
        Require(offset, length);
        return new(_start + offset, (int)length);
    }

    /// <summary>Ends the mapping; no slice may be used afterwards.</summary>
    public void Dispose()
    {
        lock (Mapped)
        {
            if (!Mapped.Remove(this))
            {
                return;
            }
        }

        _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _file?.Dispose();
    }

    private void Require(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Length || length > Length - offset)
        {
            throw new FileFormatException($"{Path} has {Length} bytes, {length} bytes from byte {offset} on were wanted: the file is truncated or damaged.");
        }

        if (length > Array.MaxLength)
        {
            throw new FileFormatException($"{Path}: {length} bytes from byte {offset} on were wanted in one piece; at most {Array.MaxLength} are possible.");
        }
    }
}
