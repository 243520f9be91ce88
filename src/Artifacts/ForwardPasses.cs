using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>
/// What happens to a model before anything is decided about it: an opset of 18 to 21, no calls of local functions, no If whose condition is known, no sequence of known
/// length, no operator that only <see cref="Decomposition"/> can differentiate, no Constant that is an output too, types and shapes known.
/// </summary>
internal static class ForwardPasses
{
    public static void Run(Model model)
    {
        Unfold(model);
        Rewrite(model);
    }

    /// <summary>What comes before operators are written in others.</summary>
    public static void Unfold(Model model)
    {
        OpsetConversion.Raise(model);
        FunctionInlining.Inline(model);
        DeadCode.Remove(model.Graph);
        if (KnownBranches.Inline(model, IsFloatInitializer) + KnownSequences.Remove(model) > 0)
        {
            DeadCode.Remove(model.Graph);
        }

        ShapeInference.Infer(model);
        FreeConstants(model);
    }

    /// <summary>Writes what is newer than the training runtime, and what has no rule, in other operators.</summary>
    /// <param name="refused">Takes a node of which that cannot be done, and leaves it; null: it is an error.</param>
    public static void Rewrite(Model model, Action<Node>? refused = null)
    {
        if (model.Opset > OpsetLowering.Opset)
        {
            OpsetLowering.Lower(model, refused);
            ShapeInference.Infer(model);
        }

        Decomposition.Apply(model.Graph, model.Opset, refused);
        PaddedAverages.Count(model.Graph);
    }

    /// <summary>The output is a copy of the constant, which can so become a parameter under a name of its own.</summary>
    private static void FreeConstants(Model model)
    {
        var graph = model.Graph;
        for (var i = 0; i < graph.Outputs.Count; i++)
        {
            if (graph.Outputs[i] is { Producer: { OpType: "Constant", Domain.Length: 0 }, Uses.Count: > 0 } constant && constant.Element.IsFloat())
            {
                graph.Outputs[i] = new GraphBuilder(graph, model.Opset).Identity(constant);
                (graph.Outputs[i].Name, constant.Name) = (constant.Name, $"{constant.Name}/value");
            }
        }
    }

    /// <summary>What folding must not take for known: whatever <c>--trainable</c> may name.</summary>
    public static bool IsFloatInitializer(Value value) => value.Producer is null && value.Element.IsFloat();
}
