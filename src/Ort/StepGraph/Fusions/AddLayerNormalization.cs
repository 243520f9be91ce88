using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.StepGraph.Fusions;

/// <summary>Add, LayerNormalization → AddLayerNormalization, which gives the sum too: the residual stream and its norm.</summary>
internal static class AddLayerNormalization
{
    public static Fusion Fusion { get; } = new("AddLayerNormalization", "", "LayerNormalization", Rewrite);

    private static string? Rewrite(GraphBuilder builder, Node node)
    {
        var graph = builder.Graph;
        if (node.Inputs[0] is not { Producer: { OpType: "Add", Domain: "" } add, Element: ElementType.Float, Shape: { } shape } sum)
        {
            return "its input is no sum of float32 of known rank";
        }

        var (a, b) = (add.Inputs[0]!, add.Inputs[1]!);
        if (!shape.IsSameAs(a.Shape) || !shape.IsSameAs(b.Shape))
        {
            return $"the addends, {a} and {b}, are not known to be of one shape";
        }

        if (!Order.Bring(node.Inputs[1], before: add) || !Order.Bring(node.Input(2), before: add))
        {
            return "its scale or bias follows from the sum";
        }

        (a, b) = a.Uses.Count == 1 ? (b, a) : (a, b); // the sum may be written over the second, where it is of no further use
        var fused = new GraphBuilder(graph, builder.Opset, before: add, scope: node.Name + "/").Ops("AddLayerNormalization", [a, b, node.Inputs[1], node.Input(2)], 1 + node.Outputs.Count,
            [("axis", node.Int("axis", -1)), ("epsilon", node.Float("epsilon", 1e-5f))], "ai.onnxpipeline");
        var replaced = node.Outputs.Prepend(sum).ToList();
        for (var i = 0; i < replaced.Count; i++)
        {
            fused.Outputs[i].Type = replaced[i].Type;
            graph.ReplaceAllUses(replaced[i], fused.Outputs[i]);
        }

        graph.Nodes.Remove(node);
        graph.Nodes.Remove(add);
        return null;
    }
}
