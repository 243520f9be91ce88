using System.IO.Compression;

namespace OnnxPipeline.Files;

/// <summary>NumPy's <c>.npz</c>: a zip archive with one <c>.npy</c> an array. Read stored or deflated, written stored.</summary>
public static class Npz
{
    private static readonly DateTimeOffset Epoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero); // the first day a zip archive knows

    /// <summary>Reads the headers of all arrays; each array is read when it is asked for.</summary>
    /// <exception cref="FileFormatException">Not such a file; an array of objects, strings or of the other byte order.</exception>
    public static TensorFile Open(string path)
    {
        var entries = new Dictionary<string, NpyHeader>();
        WithArchive(path, archive =>
        {
            foreach (var entry in archive.Entries.Where(e => e.FullName.EndsWith(".npy", StringComparison.Ordinal)))
            {
                using var stream = entry.Open();
                if (!entries.TryAdd(entry.FullName[..^4], NpyHeader.Read(stream, $"{path}, array '{entry.FullName[..^4]}'")))
                {
                    throw new FileFormatException($"{path} has the array '{entry.FullName[..^4]}' twice.");
                }
            }

            return true;
        });
        return new TensorFile(path, entries.Select(e => new TensorInfo(e.Key, e.Value.Type, e.Value.Shape)), new Dictionary<string, string>(), name =>
            WithArchive(path, archive =>
            {
                using var stream = (archive.GetEntry(name + ".npy") ?? throw new FileFormatException($"{path} has lost the array '{name}' since it was opened.")).Open();
                return NpyHeader.Read(stream, $"{path}, array '{name}'").ReadElements(stream);
            }));
    }

    /// <summary>Writes the tensors in the given order. Same input, same bytes.</summary>
    /// <exception cref="FileFormatException">A name twice, or a type that NumPy does not have.</exception>
    public static void Write(Stream stream, IReadOnlyList<NamedTensor> tensors)
    {
        var names = new HashSet<string>();
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var (name, tensor) in tensors)
        {
            if (!names.Add(name))
            {
                throw new FileFormatException($"An npz file cannot hold two arrays of the name '{name}'.");
            }

            var header = NpyHeader.Write(name, tensor);
            var entry = archive.CreateEntry(name + ".npy", CompressionLevel.NoCompression);
            entry.LastWriteTime = Epoch;
            using var content = entry.Open();
            content.Write(header);
            content.Write(tensor.Bytes.Span);
        }
    }

    private static T WithArchive<T>(string path, Func<ZipArchive, T> use)
    {
        using var file = InputFile.OpenRead(path);
        RequireStart(path, file);
        var length = file.Length;
        try
        {
            using var archive = new ZipArchive(file, ZipArchiveMode.Read);
            return use(archive);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or NotSupportedException or IOException or ArgumentException)
        {
            throw new FileFormatException($"{path} has {length} bytes, begins like an npz file and cannot be read as one: it is truncated or damaged. Write or copy it anew.", e);
        }
    }

    /// <summary>What a file is not is told by its first bytes better than by what the archive misses at its end.</summary>
    private static void RequireStart(string path, FileStream file)
    {
        Span<byte> start = stackalloc byte[6];
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        file.Position = 0;
        if (start.IsEmpty)
        {
            throw new FileFormatException($"{path} is empty; an npz file was wanted.");
        }

        if (start[0] == 0x93 && start[1..].SequenceEqual("NUMPY"u8))
        {
            throw new FileFormatException($"{path} is a single .npy array; an npz file was wanted, which gives each array a name: write it with numpy.savez.");
        }

        if (!start.StartsWith("PK"u8))
        {
            throw new FileFormatException($"{path} is no npz file: it begins with the bytes {Convert.ToHexString(start)}; a zip archive was wanted, which begins with 504B (PK).");
        }
    }
}
