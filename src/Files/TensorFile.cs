using System.Diagnostics.CodeAnalysis;

namespace OnnxPipeline.Files;

/// <summary>An open file of named tensors; their elements are read when they are asked for.</summary>
public sealed class TensorFile
{
    private readonly Dictionary<string, TensorInfo> _infos;
    private readonly Func<string, Tensor> _read;
    private readonly Func<string, TensorRows>? _rows;

    /// <param name="rows">Null: rows are taken from the whole tensor in memory.</param>
    internal TensorFile(string path, IEnumerable<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata, Func<string, Tensor> read, Func<string, TensorRows>? rows = null)
    {
        Path = path;
        Tensors = [.. tensors];
        Metadata = metadata;
        (_read, _rows) = (read, rows);
        _infos = Tensors.ToDictionary(t => t.Name);
    }

    public string Path { get; }

    /// <summary>All tensors, in the order of the file's directory.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The names of <see cref="Tensors"/>.</summary>
    public IEnumerable<string> Names => Tensors.Select(t => t.Name);

    /// <summary>The <c>__metadata__</c> of a safetensors file, in its order; empty where a format has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads a tensor; of a safetensors file it is a view into the mapped file.</summary>
    /// <exception cref="FileFormatException">There is none of that name (the message names the closest), or its content is damaged.</exception>
    public Tensor this[string name] => _read(Known(name));

    /// <summary>A tensor of at least one axis to be read by rows; one of a safetensors file may be of any size.</summary>
    /// <exception cref="FileFormatException">There is none of that name (the message names the closest), or its content is damaged.</exception>
    public TensorRows Rows(string name) => _rows is null ? new(name, this[name]) : _rows(Known(name));

    /// <summary>Whether there is a tensor of that name, and what it is.</summary>
    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info) => _infos.TryGetValue(name, out info);

    /// <summary>Opens a <c>.safetensors</c> or <c>.npz</c> file, told by its extension.</summary>
    /// <exception cref="FileFormatException">Another extension, no such file, or a damaged one.</exception>
    public static TensorFile Open(string path) => System.IO.Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => SafeTensors.Open(path),
        ".npz" => Npz.Open(path),
        _ => throw Unknown(path),
    };

    /// <summary>Writes the tensors in the format that the extension of <paramref name="path"/> names; an existing file is replaced in one step.</summary>
    /// <exception cref="FileFormatException">Another extension, or a tensor that the format cannot hold.</exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors) => AtomicFile.Write(path, Writer(path, tensors));

    /// <summary>Writes and commits the target, in the format that the extension of its final path names.</summary>
    /// <inheritdoc cref="Write(string, IReadOnlyList{NamedTensor})"/>
    public static void Write(OutputTarget target, IReadOnlyList<NamedTensor> tensors)
    {
        target.RequireSpace(tensors.Sum(t => (long)t.Tensor.Bytes.Length));
        AtomicFile.Write(target.Path, Writer(target.FinalPath, tensors));
        target.Commit();
    }

    private string Known(string name) => _infos.ContainsKey(name)
        ? name
        : throw new FileFormatException($"{Path} has no tensor '{name}'; " +
            (Tensors.Count == 0 ? "it has none at all." : $"the closest names are {string.Join(", ", Glob.Closest(name, Names))}."));

    private static Action<Stream> Writer(string path, IReadOnlyList<NamedTensor> tensors) => System.IO.Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".safetensors" => stream => SafeTensors.Write(stream, tensors),
        ".npz" => stream => Npz.Write(stream, tensors),
        _ => throw Unknown(path),
    };

    private static FileFormatException Unknown(string path) =>
        new($"{path}: tensor files end in .safetensors or .npz; the extension says which it is.");
}
