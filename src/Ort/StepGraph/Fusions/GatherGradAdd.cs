using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.StepGraph.Fusions;

/// <summary>GatherGrad, Add or Sum → GatherGradAdd: an embedding with another use, such as tied weights, has one gradient more than it needs arrays for.</summary>
internal static class GatherGradAdd
{
    public static Fusion Fusion { get; } = new("GatherGradAdd", "com.microsoft", "GatherGrad", Rewrite);

    private static string? Rewrite(GraphBuilder builder, Node node)
    {
        var rows = node.Outputs[0];
        if (rows.Uses is not [{ Node: { OpType: "Add" or "Sum", Domain: "", Inputs.Count: 2 } add, Index: var place }] || builder.Graph.Outputs.Contains(rows))
        {
            return "its result is not used by one sum of two alone";
        }

        var sum = add.Inputs[1 - place]!;
        if (node.Int("axis", 0) != 0 || sum.Shape is not { IsStatic: true } shape || !shape.IsSameAs(rows.Shape))
        {
            return "the sum is not of the shape of the embedding, as far as is known, or its axis is not 0";
        }

        var fused = new GraphBuilder(builder.Graph, builder.Opset, before: add, scope: node.Name + "/")
            .Op("GatherGradAdd", [sum, node.Inputs[1], node.Inputs[2]], domain: "ai.onnxpipeline");
        fused.Type = add.Outputs[0].Type;
        builder.Graph.ReplaceAllUses(add.Outputs[0], fused);
        builder.Graph.Nodes.Remove(add);
        builder.Graph.Nodes.Remove(node);
        return null;
    }
}
