namespace OnnxPipeline.Ir;

/// <summary>Removes nodes and initializers that no graph output needs.</summary>
public static class DeadCode
{
    /// <summary>The inputs that something reads now: those of them that nothing reads after a change go with <see cref="Remove(Graph, IReadOnlySet{Value})"/>.</summary>
    public static IReadOnlySet<Value> ReadInputs(Graph graph) => graph.Inputs.Where(v => v.Uses.Count > 0).ToHashSet();

    /// <summary>As <see cref="Remove(Graph)"/>; of <paramref name="inputs"/> those that nothing reads any more go too, such as labels where the loss was dropped.</summary>
    public static void Remove(Graph graph, IReadOnlySet<Value> inputs)
    {
        Remove(graph);
        graph.Inputs.RemoveAll(v => v.Uses.Count == 0 && inputs.Contains(v) && !graph.Outputs.Contains(v));
    }

    /// <summary>Changes <paramref name="graph"/> in place; its inputs stay; subgraphs lose nothing but keep alive what they take from outside.</summary>
    /// <returns>The number of nodes removed.</returns>
    public static int Remove(Graph graph)
    {
        var outputs = graph.Outputs.Concat(graph.AllNodes().SelectMany(n => n.Subgraphs).SelectMany(g => g.Outputs)).ToHashSet();
        var removed = 0;
        foreach (var node in graph.Nodes.Reverse().ToList())
        {
            if (!node.Outputs.Any(v => v.Uses.Count > 0 || outputs.Contains(v)))
            {
                // What its subgraphs take from outside is no longer used either.
                foreach (var inner in node.Subgraphs.SelectMany(g => g.AllNodes()).ToList())
                {
                    inner.DetachInputs();
                }

                graph.Nodes.Remove(node);
                removed++;
            }
        }

        graph.Initializers.RemoveAll(v => v.Uses.Count == 0 && !outputs.Contains(v) && !graph.Inputs.Contains(v));
        return removed;
    }
}
