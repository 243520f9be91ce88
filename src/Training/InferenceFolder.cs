using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Training;

/// <summary>A folder that serves and generates: <c>model.onnx</c>, <c>config.json</c>, tokenizer files, <c>manifest.json</c>.</summary>
internal static class InferenceFolder
{
    /// <summary>Builds it in <paramref name="target"/> and puts it in its place.</summary>
    /// <param name="known">What the manifest keeps: parameters, family, task, label names.</param>
    /// <param name="beside">The folder that <c>config.json</c> and the tokenizer are copied from, where it has them.</param>
    public static void Write(Model model, Manifest known, string beside, OutputTarget target)
    {
        var graph = model.Graph;
        target.RequireSpace(graph.Initializers.Sum(v => (long)v.Initializer!.Bytes.Length) + (1 << 20));
        ModelFile.Save(model, Path.Combine(target.Path, ModelPath.FileName));
        var tokenizer = BesideModel.Copy(beside, target.Path);
        var manifest = known with
        {
            Target = null,
            ToolVersion = typeof(InferenceFolder).Assembly.GetName().Version!.ToString(3),
            Loss = null,
            Optimizer = null,
            Parameters = [.. known.Parameters.Where(p => graph.Initializers.Exists(v => v.Name == p.Name)).Select(p => p with { Data = null })],
            Inputs = [.. graph.Inputs.Where(v => v.Initializer is null).Select(ValueDescription.Of)],
            Outputs = [.. graph.Outputs.Select(ValueDescription.Of)],
            Opset = model.Opset,
            Files = new(StringComparer.Ordinal),
            Tokenizer = tokenizer,
        };
        foreach (var file in Directory.EnumerateFiles(target.Path))
        {
            manifest.Files.Add(Path.GetFileName(file), Sha256.Of(file));
        }

        manifest.Write(Path.Combine(target.Path, "manifest.json"));
        target.Commit();
    }
}
