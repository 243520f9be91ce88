using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>What happens to a model before anything is decided about it.</summary>
internal static class ForwardPasses
{
    /// <summary>The newest opset that Microsoft's last training runtime loads.</summary>
    public const int NewestOpset = 21;

    public static void Run(Model model)
    {
        if (model.Opset > NewestOpset)
        {
            throw new ArtifactsException($"The model has opset {model.Opset}; Microsoft's training runtime ends at {NewestOpset}. Export it with an opset of at most {NewestOpset}.");
        }

        OpsetConversion.Raise(model);
        FunctionInlining.Inline(model);
        DeadCode.Remove(model.Graph);
        ShapeInference.Infer(model);
    }
}
