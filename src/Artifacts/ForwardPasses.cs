using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>
/// What happens to a model before anything is decided about it: an opset of 18 to 21, no calls of local functions, no If whose condition is known, no sequence of known
/// length, no operator that only <see cref="Decomposition"/> can differentiate, types and shapes known.
/// </summary>
internal static class ForwardPasses
{
    public static void Run(Model model)
    {
        OpsetConversion.Raise(model);
        FunctionInlining.Inline(model);
        DeadCode.Remove(model.Graph);
        if (KnownBranches.Inline(model, IsFloatInitializer) + KnownSequences.Remove(model) > 0)
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

    /// <summary>What folding must not take for known: whatever <c>--trainable</c> may name.</summary>
    public static bool IsFloatInitializer(Value value) => value.Producer is null && value.Element.IsFloat();
}
