using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.Engines;

/// <summary>Which update rule, and its constants; what changes from step to step is given to <see cref="ITrainingEngine.OptimizerStep"/>.</summary>
public sealed record OptimizerSettings
{
    /// <summary><c>adamw</c> or <c>sgd</c>.</summary>
    public required string Kind { get; init; }

    public float Beta1 { get; init; } = 0.9f;

    public float Beta2 { get; init; } = 0.999f;

    /// <summary>AdamW's ε.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>0: as PyTorch; 1: as old Transformers and Microsoft's artifacts.</summary>
    public int AdamMode { get; init; }

    /// <summary>SGD's μ.</summary>
    public float Momentum { get; init; }

    /// <summary>By parameter name: weight decay; a parameter that is not listed has none.</summary>
    public IReadOnlyDictionary<string, float> WeightDecay { get; init; } = new Dictionary<string, float>();

    /// <summary>By parameter name: which of the learning rates of a step it is updated with; the first where a parameter is not listed.</summary>
    public IReadOnlyDictionary<string, int> LearningRate { get; init; } = new Dictionary<string, int>();

    /// <summary>How many moments the rule keeps of a parameter.</summary>
    /// <exception cref="OrtException">There is no such rule.</exception>
    internal int MomentCount => (Kind, Momentum) switch
    {
        ("adamw", _) => 2,
        ("sgd", 0) => 0,
        ("sgd", _) => 1,
        _ => throw new OrtException($"The optimizer '{Kind}' is unknown; there are adamw and sgd."),
    };

    /// <summary>AdamW's update of parameters with this rate and weight decay.</summary>
    /// <param name="step">1 for the first.</param>
    internal AdamWOptions AdamWAt(float learningRate, float weightDecay, float gradientScale, long step) => new()
    {
        LearningRate = learningRate,
        Step = step,
        Beta1 = Beta1,
        Beta2 = Beta2,
        Epsilon = Epsilon,
        WeightDecay = weightDecay,
        Mode = AdamMode,
        GradientScale = gradientScale,
    };
}
