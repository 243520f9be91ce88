namespace OnnxPipeline.Kernels;

/// <summary>What one step of <see cref="AdamW"/> needs besides the arrays.</summary>
public readonly record struct AdamWOptions
{
    /// <summary>lr of this step.</summary>
    public required float LearningRate { get; init; }

    /// <summary>t: 1 in the first step.</summary>
    public required long Step { get; init; }

    /// <summary>β₁ (<c>alpha</c> in ONNX Runtime), default 0.9.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>β₂ (<c>beta</c> in ONNX Runtime), default 0.999.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>ε, default 1e-8.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>wd, default 0.01.</summary>
    public float WeightDecay { get; init; } = 0.01f;

    /// <summary>0 as PyTorch (default), 1 as the older Transformers.</summary>
    public int Mode { get; init; }

    /// <summary>Whether 1-β₁ᵗ and 1-β₂ᵗ enter; default true.</summary>
    public bool CorrectBias { get; init; } = true;

    /// <summary>The factor every gradient is multiplied with first (clipping, averaging); default 1.</summary>
    public float GradientScale { get; init; } = 1f;

    public AdamWOptions()
    {
    }
}
