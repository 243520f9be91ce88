using OnnxPipeline.Files;

namespace OnnxPipeline.Training;

/// <summary>The verb <c>train</c>: any artifacts, data from tensor files.</summary>
public static class ArtifactTraining
{
    /// <summary>The configuration that an artifacts folder asks for: its manifest's optimizer, where it has one.</summary>
    public static RunConfig Defaults(ArtifactFolder artifacts, string data)
    {
        var config = new RunConfig { Verb = "train", Artifacts = Path.GetFullPath(artifacts.Folder), Data = [Path.GetFullPath(data)] };
        return artifacts.Manifest?.Optimizer is { } o
            ? config with
            {
                Optimizer = o.Optimizer,
                Lr = o.Lr,
                Beta1 = o.Betas?[0] ?? config.Beta1,
                Beta2 = o.Betas?[1] ?? config.Beta2,
                Eps = o.Eps ?? config.Eps,
                WeightDecay = o.WeightDecay,
                Momentum = o.Momentum ?? 0,
                MaxGradNorm = o.MaxGradNorm,
                AdamMode = o.AdamMode ?? config.AdamMode,
            }
            : config;
    }

    /// <summary>What a configuration of this verb takes to run.</summary>
    public static TrainRun.Parts Parts(RunConfig config) => new(
        folder => RunFolder.CopyIn(config.Artifacts!, folder.Artifacts),
        (_, engine, artifacts) => new(
            new TensorExamples(config.Data[0], engine.Inputs, artifacts.Manifest?.Loss),
            config.EvalData is { } eval ? new TensorExamples(eval, engine.Inputs, artifacts.Manifest?.Loss) : null),
        config.EvalData is { } file ? [config.Data[0], file] : [config.Data[0]]);
}
