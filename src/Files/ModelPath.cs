namespace OnnxPipeline.Files;

/// <summary>What <c>--model</c> names: an ONNX file, or a folder that holds <c>model.onnx</c>.</summary>
/// <param name="File">The ONNX file.</param>
/// <param name="Folder">The folder of what belongs to it.</param>
public sealed record ModelPath(string File, string Folder)
{
    public const string FileName = "model.onnx";

    /// <exception cref="FileFormatException">There is no such file or folder, or no model in it.</exception>
    public static ModelPath Find(string path)
    {
        if (System.IO.File.Exists(path))
        {
            return new(path, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }

        if (!Directory.Exists(path))
        {
            throw new FileFormatException($"{path} does not exist; an ONNX file or a folder that holds {FileName} was wanted.");
        }

        var file = Path.Combine(path, FileName);
        return System.IO.File.Exists(file) ? new(file, path) : throw new FileFormatException($"{path} holds no {FileName}{Others(path)}.");
    }

    /// <summary>The manifest where it is this model's own: beside <c>model.onnx</c>. Beside another name it may be that of artifacts. Null where there is none.</summary>
    public Manifest? OwnManifest() => Path.GetFileName(File) == FileName ? Manifest() : null;

    /// <summary>The manifest of the folder; null where there is none.</summary>
    public Manifest? Manifest() => Path.Combine(Folder, "manifest.json") is var manifest && System.IO.File.Exists(manifest) ? Files.Manifest.Read(manifest) : null;

    private static string Others(string folder)
    {
        var others = Directory.GetFiles(folder, "*.onnx").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal).ToList();
        return others.Count == 0 ? "" : $", but {string.Join(", ", others)}: name the file that is meant";
    }
}
