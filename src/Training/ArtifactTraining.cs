using OnnxPipeline.Files;

namespace OnnxPipeline.Training;

/// <summary>The verb <c>train</c>: any artifacts, data from tensor files.</summary>
public static class ArtifactTraining
{
    /// <summary>What an artifacts folder asks for before any flag: the optimizer it was made with.</summary>
    /// <param name="optimizer"><c>adamw</c> or <c>sgd</c> where the user names one; another than the folder's has the values of Microsoft's tool.</param>
    public static RunConfig Defaults(ArtifactFolder artifacts, string data, string? optimizer = null)
    {
        var config = new RunConfig { Verb = "train", Artifacts = Path.GetFullPath(artifacts.Folder), Data = [Path.GetFullPath(data)] };
        var stored = OptimizerOf(artifacts);
        return config.WithOptimizer(optimizer is null || optimizer == stored.Optimizer ? stored : optimizer == "sgd" ? ManifestOptimizer.Sgd : ManifestOptimizer.AdamW);
    }

    /// <summary>What a configuration of this verb takes to run.</summary>
    public static TrainRun.Parts Parts(RunConfig config) => new(
        [.. new[] { config.Data[0], config.EvalData, config.Checkpoint }.OfType<string>()],
        folder => RunFolder.CopyIn(config.Artifacts!, folder.Artifacts),
        (_, engine, artifacts) =>
        {
            var demands = GraphDemands.Of(artifacts);
            return new(
                new TensorExamples(config.Data[0], engine.Inputs, artifacts.Manifest?.Loss, demands),
                config.EvalData is { } eval ? new TensorExamples(eval, engine.Inputs, artifacts.Manifest?.Loss, demands) : null);
        });

    private static ManifestOptimizer OptimizerOf(ArtifactFolder artifacts) =>
        artifacts.Manifest is { } manifest ? manifest.Optimizer ?? ManifestOptimizer.AdamW
        : File.Exists(artifacts.OptimizerModel) ? OptimizerModel.Read(artifacts.OptimizerModel)
        : ManifestOptimizer.AdamW;
}
