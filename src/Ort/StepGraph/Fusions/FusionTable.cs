using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.StepGraph.Fusions;

/// <summary>Every fusion of step graphs, one line each.</summary>
internal static class FusionTable
{
    /// <summary>In the order in which they are tried at a node; the first that succeeds is the last.</summary>
    public static IReadOnlyList<Fusion> Fusions { get; } =
    [
        GatherGradAdd.Fusion,
        BiasedGelu.Fusion,
        MaskedSoftmax.Fusion,
        MaskedSoftmaxGradient.Fusion,
        SoftmaxCrossEntropyLossAndGrad.Fusion,
        AddLayerNormalization.Fusion,
        LayerNormalizationGradAdd.Fusion,
    ];

    /// <summary>Changes the graph in place; types must have been inferred.</summary>
    /// <returns>A sentence for every node that a fusion looked at and left as it is.</returns>
    public static IReadOnlyList<string> Apply(Graph graph, int opset)
    {
        List<string> declined = [];
        foreach (var node in graph.Nodes.ToList())
        {
            foreach (var fusion in Fusions.Where(fusion => fusion.OpType == node.OpType && fusion.Domain == node.Domain))
            {
                if (node.Owner is null)
                {
                    break; // it went with an earlier one
                }

                if (fusion.Rewrite(new GraphBuilder(graph, opset, before: node, scope: node.Name + "/"), node) is not { } reason)
                {
                    break;
                }

                declined.Add($"{fusion.Name} at {node.Describe()}: {reason}");
            }
        }

        return declined;
    }
}
