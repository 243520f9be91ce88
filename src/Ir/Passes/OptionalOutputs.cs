namespace OnnxPipeline.Ir;

/// <summary>
/// Gives nodes the optional outputs that their gradients need: LayerNormalization its mean and inverse deviation, Dropout its mask.
/// Exporters leave them out because inference has no use for them.
/// </summary>
public static class OptionalOutputs
{
    private static readonly Dictionary<string, (int Outputs, string[] Names)> Wanted = new()
    {
        ["LayerNormalization"] = (3, ["", "_mean", "_inv_std_dev"]),
        ["Dropout"] = (2, ["", "_mask"]),
    };

    /// <inheritdoc cref="Complete(Graph, int, Func{Node, bool}?)"/>
    public static int Complete(Model model, Func<Node, bool>? which = null) => Complete(model.Graph, model.Opset, which);

    /// <summary>Changes the graph in place.</summary>
    /// <param name="which">The nodes to complete; null: all.</param>
    /// <returns>The number of nodes completed.</returns>
    public static int Complete(Graph graph, int opset, Func<Node, bool>? which = null)
    {
        var completed = 0;
        foreach (var node in graph.Nodes)
        {
            if (node.Domain.Length > 0 || !Wanted.TryGetValue(node.OpType, out var wanted) || which is not null && !which(node))
            {
                continue;
            }

            var missing = node.Outputs.Count < wanted.Outputs || node.Outputs.Any(v => v.Name.Length == 0);
            for (var i = node.Outputs.Count; i < wanted.Outputs; i++)
            {
                node.AddOutput(new Value(""));
            }

            for (var i = 1; i < wanted.Outputs; i++)
            {
                if (node.Outputs[i].Name.Length == 0)
                {
                    node.Outputs[i].Name = node.Outputs[0].Name + wanted.Names[i];
                }
            }

            if (missing)
            {
                ShapeInference.Infer(node, opset);
                completed++;
            }
        }

        return completed;
    }
}
