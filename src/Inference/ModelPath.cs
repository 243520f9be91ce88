namespace OnnxPipeline.Inference;

/// <summary>What <c>--model</c> names: an ONNX file, or a folder that holds <c>model.onnx</c>.</summary>
internal static class ModelPath
{
    public const string FileName = "model.onnx";

    /// <summary>The model's file and the folder of what belongs to it.</summary>
    /// <exception cref="InferenceException">There is no such file or folder, or no model in it.</exception>
    public static (string File, string Folder) Find(string path)
    {
        if (File.Exists(path))
        {
            return (path, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }

        if (!Directory.Exists(path))
        {
            throw new InferenceException($"{path} does not exist; an ONNX file or a folder that holds {FileName} was wanted.");
        }

        var file = Path.Combine(path, FileName);
        return File.Exists(file) ? (file, path) : throw new InferenceException($"{path} holds no {FileName}{Others(path)}.");
    }

    private static string Others(string folder)
    {
        var others = Directory.GetFiles(folder, "*.onnx").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal).ToList();
        return others.Count == 0 ? "" : $", but {string.Join(", ", others)}: name the file that is meant";
    }
}
