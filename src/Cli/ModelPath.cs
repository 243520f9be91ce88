using OnnxPipeline.Files;

namespace OnnxPipeline.Cli;

/// <summary>What <c>--model</c> names: an ONNX file, or a folder that holds <c>model.onnx</c>.</summary>
internal static class ModelPath
{
    /// <summary>The ONNX file.</summary>
    /// <exception cref="FileFormatException">It is a folder without one.</exception>
    public static string Of(string path)
    {
        if (!Directory.Exists(path))
        {
            return path;
        }

        var file = Path.Combine(path, "model.onnx");
        return File.Exists(file) ? file : throw new FileFormatException($"{path} is a folder without model.onnx; an ONNX file, or a folder that holds model.onnx, was wanted.");
    }

    /// <summary>The manifest beside <c>model.onnx</c>; null where there is none.</summary>
    public static Manifest? ManifestOf(string path) =>
        Path.GetFileName(path) == "model.onnx" && Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "manifest.json") is var manifest && File.Exists(manifest) ? Manifest.Read(manifest) : null;
}
