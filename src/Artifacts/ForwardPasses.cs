using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>What happens to a model before anything is decided about it: an opset of 18 to 21, no calls of local functions, no sequence of known length, no operator that only <see cref="Decomposition"/> can differentiate, types and shapes known.</summary>
internal static class ForwardPasses
{
    public static void Run(Model model)
    {
        OpsetConversion.Raise(model);
        FunctionInlining.Inline(model);
        DeadCode.Remove(model.Graph);
        if (KnownSequences.Remove(model) > 0)
        {
            DeadCode.Remove(model.Graph);
        }

        ShapeInference.Infer(model);
        if (model.Opset > OpsetLowering.Opset)
        {
            OpsetLowering.Lower(model);
            ShapeInference.Infer(model);
        }

        Decomposition.Apply(model.Graph, model.Opset);
    }
}
