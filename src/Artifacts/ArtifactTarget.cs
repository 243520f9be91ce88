namespace OnnxPipeline.Artifacts;

/// <summary>Which runtime the artifacts are for.</summary>
public enum ArtifactTarget
{
    /// <summary>Microsoft's training runtime, in all its bindings: training, evaluation and optimizer graph, and a checkpoint.</summary>
    OrtTraining,

    /// <summary>Any ONNX Runtime: one graph whose outputs are the loss and the gradients, no optimizer graph.</summary>
    Stock,
}
