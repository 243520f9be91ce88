namespace OnnxPipeline.Files;

/// <summary>A folder of training artifacts, made by us or by Microsoft's tool (then there is no manifest).</summary>
public sealed record ArtifactFolder
{
    private ArtifactFolder(string folder, string prefix, Manifest? manifest) => (Folder, Prefix, Manifest) = (folder, prefix, manifest);

    public string Folder { get; }

    /// <summary>What stands before every file name; often nothing.</summary>
    public string Prefix { get; }

    /// <summary>Null in a folder of Microsoft's own.</summary>
    public Manifest? Manifest { get; }

    public string TrainingModel => PathOf("training_model.onnx");

    public string EvalModel => PathOf("eval_model.onnx");

    public string OptimizerModel => PathOf("optimizer_model.onnx");

    public string InferenceModel => PathOf("inference_model.onnx");

    /// <summary>Of the target <c>stock</c>.</summary>
    public string StepModel => PathOf("step_model.onnx");

    public string Checkpoint => PathOf("checkpoint");

    /// <summary>The path of one of the folder's files, the prefix put before its name.</summary>
    public string PathOf(string name) => Path.Combine(Folder, Prefix + name);

    /// <summary>Finds the prefix by the only <c>*manifest.json</c>, else by the only <c>*training_model.onnx</c>.</summary>
    /// <exception cref="FileFormatException">No such folder, neither file, or several.</exception>
    public static ArtifactFolder Open(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new FileFormatException(File.Exists(folder) ? $"{folder} is a file; a folder of artifacts was wanted." : $"{folder} does not exist; a folder of artifacts was wanted.");
        }

        return Prefixed(folder, "manifest.json") is { } prefix
            ? new ArtifactFolder(folder, prefix, Manifest.Read(Path.Combine(folder, prefix + "manifest.json")))
            : Prefixed(folder, "training_model.onnx") is { } other
                ? new ArtifactFolder(folder, other, null)
                : throw new FileFormatException($"{folder} holds no *manifest.json and no *training_model.onnx: it is no folder of artifacts.");
    }

    private static string? Prefixed(string folder, string name)
    {
        var found = Directory.GetFiles(folder).Select(f => Path.GetFileName(f)).Where(f => f.EndsWith(name, StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        return found.Count > 1
            ? throw new FileFormatException($"{folder} holds {found.Count} files *{name} ({string.Join(", ", found)}): keep one set of artifacts a folder.")
            : found.Count == 0 ? null : found[0][..^name.Length];
    }
}
