using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.StepGraph.Fusions;

/// <summary>LayerNormalizationGrad, Add or Sum (which Backward writes) → LayerNormalizationGradAdd: the gradient of a residual stream that goes past the norm and through it.</summary>
internal static class LayerNormalizationGradAdd
{
    public static Fusion Fusion { get; } = new("LayerNormalizationGradAdd", "com.microsoft", "LayerNormalizationGrad", Rewrite);

    private static string? Rewrite(GraphBuilder builder, Node node)
    {
        var graph = builder.Graph;
        var own = node.Outputs[0];
        if (own.Uses is not [{ Node: { OpType: "Add" or "Sum", Domain: "", Inputs.Count: 2 } add, Index: var place }] || graph.Outputs.Contains(own))
        {
            return "its X_grad is not used by one sum of two alone";
        }

        var other = add.Inputs[1 - place]!;
        if (node.Inputs[1]!.Shape is not { } shape || !shape.IsSameAs(other.Shape))
        {
            return $"the other gradient, {other}, is not known to be of the shape of X, {node.Inputs[1]}";
        }

        if (!Order.Bring(other, before: node))
        {
            return "the other gradient follows from this one";
        }

        var fused = builder.Ops("LayerNormalizationGradAdd", [.. node.Inputs.Take(5), other], node.Outputs.Count, [("axis", node.Int("axis", -1))], "ai.onnxpipeline");
        var replaced = node.Outputs.Skip(1).Prepend(add.Outputs[0]).ToList();
        for (var i = 0; i < replaced.Count; i++)
        {
            fused.Outputs[i].Type = replaced[i].Type;
            graph.ReplaceAllUses(replaced[i], fused.Outputs[i]);
        }

        graph.Nodes.Remove(add);
        graph.Nodes.Remove(node);
        return null;
    }
}
