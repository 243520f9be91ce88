using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Artifacts;

/// <summary>Makes training artifacts of a forward model. Same model and options, same bytes.</summary>
public static class ArtifactWriter
{
    /// <summary>The newest IR version that Microsoft's last training runtime loads.</summary>
    private const int NewestIrVersion = 10;

    /// <summary>Writes all files into the target, which the caller commits.</summary>
    /// <param name="source">Is not changed.</param>
    /// <param name="say">Takes what a person should know: which weights were tied or taken apart.</param>
    /// <returns>What <c>manifest.json</c> says.</returns>
    /// <exception cref="PipelineException">The model cannot be trained as asked for, or a file cannot be written.</exception>
    public static Manifest Write(Model source, ArtifactOptions options, OutputTarget target, Action<string>? say = null)
    {
        var forward = ForwardModel.Prepare(source, options);
        foreach (var note in forward.Notes)
        {
            say?.Invoke(note);
        }

        target.RequireSpace(2 * forward.Parameters.Sum(p => (long)p.Data.Bytes.Length));
        var folder = new Files(target.Path, options.Prefix);

        var official = options.Target == ArtifactTarget.OrtTraining;
        var optimizer = official && options.Optimizer is { } wanted ? OptimizerGraph.Create(wanted, forward.Opset) : null;
        var training = Training(forward, options);
        folder.Save(training.Model, official ? "training_model.onnx" : "step_model.onnx");
        folder.Save(Evaluation(forward, options), "eval_model.onnx");
        if (optimizer is not null)
        {
            folder.Save(optimizer, "optimizer_model.onnx");
        }

        var checkpoint = new OdtcCheckpoint
        {
            Trainable = [.. forward.Parameters.Where(p => p.Trainable).Select(p => new NamedTensor(p.Name, p.Data))],
            Frozen = [.. forward.Parameters.Where(p => !p.Trainable).Select(p => new NamedTensor(p.Name, p.Data))],
        };
        checkpoint.Write(folder["checkpoint"]);
        if (options.Nominal)
        {
            (checkpoint with { Nominal = true }).Write(folder["nominal_checkpoint"]);
        }

        var places = InferenceData.Layout(forward.Parameters.Select(p => (long)p.Data.Bytes.Length));
        Inference(forward, options, places, folder);
        var manifest = Describe(forward, options, training, places) with { Files = folder.Hashes() };
        manifest.Write(folder["manifest.json"]);
        return manifest;
    }

    private sealed record TrainingModel(Model Model, IReadOnlyList<Value> Inputs, IReadOnlyList<Value> Outputs, string? Labels);

    private static TrainingModel Training(ForwardModel forward, ArtifactOptions options)
    {
        var (model, loss, parameters, labels) = forward.WithLoss(options);
        var trained = forward.Parameters.Where(p => p.Trainable).Select(p => p.Name).ToHashSet();
        if (options.Known?.Family is not null)
        {
            TrainingMode.Apply(model.Graph, model.Opset);
        }

        if (options.BatchNormalization == BatchNormalizationMode.Train)
        {
            BatchStatistics.UseBatch(model.Graph);
        }

        Recomposition.Apply(model.Graph, model.Opset);
        var inputs = model.Graph.Inputs.Except(parameters).ToList();
        var outputs = model.Graph.Outputs.ToList();
        if (options.Target == ArtifactTarget.OrtTraining)
        {
            TrainingGraph.Append(model, loss, [.. parameters.Where(p => trained.Contains(p.Name))], options.Gradients);
        }
        else
        {
            StepGraph.Append(model, loss, [.. parameters.Where(p => trained.Contains(p.Name))], options.Gradients);
        }

        ConstantSharing.Apply(model.Graph);
        return new(Finished(model, options), inputs, outputs, labels);
    }

    private static Model Evaluation(ForwardModel forward, ArtifactOptions options)
    {
        var model = forward.WithLoss(options).Model;
        foreach (var (name, labels) in options.Hits)
        {
            LabelHits.Append(model, name, labels);
        }

        EvaluationMode.Apply(model.Graph, model.Opset);
        DeadCode.Remove(model.Graph);
        return Finished(model, options);
    }

    private static void Inference(ForwardModel forward, ArtifactOptions options, IReadOnlyList<ManifestData> places, Files folder)
    {
        var model = forward.ForInference(options);
        var data = options.Prefix + "inference_model.onnx.data";
        var placed = forward.Parameters.Zip(places).ToDictionary(p => p.First.Name, p => p.Second);
        var external = model.Graph.Initializers.Where(v => placed.ContainsKey(v.Name)).ToDictionary(v => v, v => placed[v.Name]);
        ModelFile.Save(Finished(model, options), folder["inference_model.onnx"], new ExternalData(data, external));
        AtomicFile.Write(folder["inference_model.onnx.data"], stream => InferenceData.Write(stream, places, [.. forward.Parameters.Select(p => p.Data)]));
    }

    /// <summary>With the bodies of its operators, in a version that Microsoft's last training runtime and every ONNX Runtime of today load.</summary>
    private static Model Finished(Model model, ArtifactOptions options)
    {
        model.IrVersion = Math.Min(model.IrVersion, NewestIrVersion);
        options.Functions.AddBodies(model);
        foreach (var domain in model.Graph.AllNodes().Select(n => n.Domain).Where(d => d.Length > 0).Distinct())
        {
            model.OpsetImports.TryAdd(domain, 1);
        }

        return model;
    }

    private static Manifest Describe(ForwardModel forward, ArtifactOptions options, TrainingModel training, IReadOnlyList<ManifestData> places) => new()
    {
        Target = options.Target == ArtifactTarget.OrtTraining ? "ort-training" : "stock",
        ToolVersion = options.ToolVersion,
        Loss = Loss(forward, options, training.Labels),
        Optimizer = options.Optimizer,
        Parameters = [.. forward.Parameters.Zip(places, (p, place) => new ManifestParameter(p.Name, p.Data.Dims, SafeTensors.NameOf(p.Data.Type) ?? p.Data.Type.ToString(), p.Trainable, p.Ties.Count > 0 ? p.Ties : null, place))],
        Inputs = [.. training.Inputs.Select(ValueDescription.Of)],
        Outputs = [.. training.Outputs.Select(ValueDescription.Of)],
        Opset = forward.Opset,
        Family = options.Known?.Family,
        Task = options.Known?.Task,
        LabelNames = options.Known?.LabelNames,
        Tokenizer = options.Known?.Tokenizer,
    };

    /// <summary>A loss that the model computes itself is what its own manifest says.</summary>
    private static ManifestLoss Loss(ForwardModel forward, ArtifactOptions options, string? labels)
    {
        if (options.Loss == "none" && options.Known?.Loss is { } own && own.Input == forward.LossInput)
        {
            return own with { Kind = "none" };
        }

        var crossEntropy = options.Loss == "cross-entropy";
        return new ManifestLoss(
            options.Loss, forward.LossInput, labels, crossEntropy ? options.IgnoreIndex : null,
            LabelSmoothing: crossEntropy && options.LabelSmoothing > 0 ? options.LabelSmoothing : null);
    }

    /// <summary>The files of one folder, the prefix put before each name.</summary>
    private sealed class Files(string folder, string prefix)
    {
        public string this[string name] => Path.Combine(folder, prefix + name);

        public void Save(Model model, string name) => ModelFile.Save(model, this[name]);

        public SortedDictionary<string, string> Hashes()
        {
            var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var file in Directory.GetFiles(folder))
            {
                hashes.Add(Path.GetFileName(file), Sha256.Of(file));
            }

            return hashes;
        }
    }
}
