using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Models;

/// <summary>A model folder: <c>model.onnx</c> (above 1 GiB with its weights in <c>model.onnx.data</c>), <c>config.json</c>, <c>manifest.json</c>.</summary>
public static class ModelFolder
{
    /// <summary>Builds a model from its configuration and writes its folder.</summary>
    /// <param name="target">A folder; the caller commits it.</param>
    /// <exception cref="ModelsException">The configuration cannot be built.</exception>
    public static Model Create(ConfigFile config, BuildOptions options, OutputTarget target)
    {
        var model = FamilyTable.Build(config, options);
        target.RequireSpace(model.Graph.Initializers.Sum(v => (long)v.Initializer!.Bytes.Length));
        Write(model, config, options.Head, target.Path);
        return model;
    }

    /// <summary>Writes the files into an empty folder.</summary>
    public static void Write(Model model, ConfigFile config, string task, string folder)
    {
        ModelFile.Save(model, Path.Combine(folder, ModelPath.FileName));
        AtomicFile.Write(Path.Combine(folder, "config.json"), stream => stream.Write(config.Bytes.Span));
        var manifest = new Manifest
        {
            ToolVersion = typeof(ModelFolder).Assembly.GetName().Version!.ToString(3),
            Parameters = [.. model.Graph.Initializers.Select(v => new ManifestParameter(v.Name, v.Initializer!.Dims, SafeTensors.NameOf(v.Element)!, Trainable: true))],
            Inputs = [.. model.Graph.Inputs.Select(ValueDescription.Of)],
            Outputs = [.. model.Graph.Outputs.Select(ValueDescription.Of)],
            Opset = model.Opset,
            Loss = model.Graph.Outputs.Exists(v => v.Name == "loss") ? FamilyTable.HeadOf(config, task).Loss : null,
            Family = config.ModelType,
            Task = task,
        };
        foreach (var file in Directory.GetFiles(folder))
        {
            manifest.Files.Add(Path.GetFileName(file), Sha256.Of(file));
        }

        manifest.Write(Path.Combine(folder, "manifest.json"));
    }
}
