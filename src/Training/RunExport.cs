using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Text;

namespace OnnxPipeline.Training;

/// <summary>The verb <c>export</c>: a trained run, or a model folder, as a plain inference folder.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="Checkpoint">Which of a run's checkpoints it has the parameters of; null for a model folder.</param>
/// <param name="Step">Steps that the parameters were trained for; null for a model folder.</param>
/// <param name="Bytes">Of all files.</param>
public sealed record RunExport(string Folder, string? Checkpoint, long? Step, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, long Bytes)
{
    /// <summary>Exports the forward graph of a run with the parameters of a checkpoint.</summary>
    /// <param name="checkpoint"><c>best</c>, <c>last</c> or <c>step-N</c>; null: best if there is one, else last.</param>
    /// <exception cref="TrainingException">There is no such run or checkpoint, or the run's artifacts have no inference model.</exception>
    public static RunExport OfRun(string run, string? checkpoint, OutputTarget target)
    {
        var record = RunFolder.ReadRecord(run);
        var (name, folder) = CheckpointOf(run, checkpoint);
        var artifacts = ArtifactFolder.Open(Path.Combine(run, "artifacts"));
        if (!File.Exists(artifacts.InferenceModel) || artifacts.Manifest is not { } manifest)
        {
            throw new TrainingException($"{artifacts.Folder} has no inference_model.onnx: they were made by another tool. Make artifacts of the forward model with `onnxpipe artifacts`, and train those.");
        }

        var model = ModelFile.Load(artifacts.InferenceModel);
        Fill(model.Graph, manifest, TensorFile.Open(Path.Combine(folder, "model.safetensors")));
        InferenceFolder.Write(model, manifest with { Task = manifest.Task ?? record.Config.Objective }, Tokenizer.IsIn(artifacts.Folder) ? artifacts.Folder : run, target);
        return Of(target, model, name, Checkpoints.ReadState(folder).Step);
    }

    /// <summary>Exports a model folder, or an ONNX file, without what only training needs.</summary>
    /// <param name="followLinks">Whether external data may lie behind a link that leaves the model's folder.</param>
    /// <exception cref="PipelineException">The model cannot be read.</exception>
    public static RunExport OfModel(string model, OutputTarget target, bool followLinks = false)
    {
        var path = ModelPath.Find(model);
        var graph = InferenceGraph.Of(ModelFile.Load(path.File, followLinks));
        InferenceFolder.Write(graph, path.Manifest() ?? new(), path.Folder, target);
        return Of(target, graph, null, null);
    }

    private static RunExport Of(OutputTarget target, Model model, string? checkpoint, long? step) => new(
        target.FinalPath, checkpoint, step, [.. model.Graph.Inputs.Select(v => v.Name)], [.. model.Graph.Outputs.Select(v => v.Name)],
        Directory.EnumerateFiles(target.FinalPath).Sum(file => new FileInfo(file).Length));

    private static (string Name, string Folder) CheckpointOf(string run, string? wanted)
    {
        var checkpoints = new Checkpoints(run);
        var there = Directory.Exists(checkpoints.Path) ? Directory.EnumerateDirectories(checkpoints.Path).Select(Path.GetFileName).OfType<string>().Where(n => n[0] != '.').Order(StringComparer.Ordinal).ToList() : [];
        var name = wanted ?? (there.Contains("best") ? "best" : "last");
        if (!there.Contains(name))
        {
            throw new TrainingException(there.Count == 0
                ? $"{run} has no checkpoint yet: go on with it with --resume, or wait for its first save."
                : $"{run} has no checkpoint '{name}'; there are {string.Join(", ", there)}.");
        }

        var folder = checkpoints.Folder(name);
        return (name, new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder); // the link may move on meanwhile
    }

    private static void Fill(Graph graph, Manifest manifest, TensorFile values)
    {
        var initializers = graph.Initializers.ToDictionary(v => v.Name);
        foreach (var parameter in manifest.Parameters)
        {
            if (!initializers.TryGetValue(parameter.Name, out var value))
            {
                continue; // inference does not use it
            }

            value.Initializer = StoredTensor.Of(values, parameter.Name, value.Initializer!.Type, value.Initializer.Dims);
        }
    }
}
