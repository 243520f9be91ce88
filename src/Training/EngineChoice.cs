using OnnxPipeline.Files;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>The engine that a configuration asks for.</summary>
public static class EngineChoice
{
    public const string Stock = "stock", OrtTraining = "ort-training";

    /// <summary>The names of <c>--engine</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = [Stock, OrtTraining];

    /// <summary>Loads the artifacts of a run.</summary>
    /// <exception cref="PipelineException">A file cannot be read, or this build, machine or engine cannot do what is asked for.</exception>
    public static ITrainingEngine Load(ArtifactFolder artifacts, RunConfig config)
    {
        var settings = new SessionSettings { Threads = config.Threads, Device = Device.Parse(config.Device) };
        if (config.Engine == Stock)
        {
            return StockEngine.Load(artifacts, settings);
        }

        var engine = OrtTrainingEngine.Load(artifacts, settings);
        BakedOptimizer.Require(config, artifacts);
        return engine;
    }
}
