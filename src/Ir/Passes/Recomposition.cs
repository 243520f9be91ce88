using OnnxPipeline.Ir.Passes.Recompositions;

namespace OnnxPipeline.Ir;

/// <summary>
/// Puts one operator in the place of what exporters spell out because their opset lacks it: LayerNormalization, Gelu by erf and by tanh. Its gradient
/// is then one operator too, where that of the parts takes some twenty nodes. What stands between is taken only where nobody else reads it.
/// </summary>
public static class Recomposition
{
    /// <summary>Whether input <paramref name="index"/> of a Mul is the scale of a LayerNormalization that is spelled out.</summary>
    public static bool IsScale(Node node, int index) =>
        node is { Domain: "", OpType: "Mul", Owner: { } graph } && LayerNormalizations.Scaled(graph, node.Input(1 - index), node.Input(index)) is not null;

    /// <summary>Changes <paramref name="graph"/> in place, subgraphs stay as they are; types must have been inferred. The parts are left for <see cref="DeadCode"/>.</summary>
    /// <returns>The number of operators made.</returns>
    public static int Apply(Graph graph, int opset)
    {
        var made = 0;
        foreach (var node in graph.Nodes)
        {
            var (fused, last) = node.Domain.Length > 0 ? default : node.OpType switch
            {
                "Add" => (LayerNormalizations.Find(graph, node, opset), node),
                "Erf" => Gelus.OfErf(graph, node, opset),
                "Tanh" => Gelus.OfTanh(graph, node, opset),
                _ => default,
            };
            if (fused is not null)
            {
                var result = last.Outputs[0];
                fused.Type = result.Type;
                graph.ReplaceAllUses(result, fused);
                if (!graph.Outputs.Contains(fused))
                {
                    (fused.Name, result.Name) = (result.Name, fused.Name); // as the rest of the graph knows it
                }

                graph.Nodes.Remove(last);
                made++;
            }
        }

        return made;
    }
}
