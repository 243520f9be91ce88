using OnnxPipeline.Files;

namespace OnnxPipeline.Ir;

/// <summary>Makes initializers of Constant nodes, one for all that hold the same elements: a differentiated graph has hundreds of a few.</summary>
public static class ConstantSharing
{
    /// <summary>Larger ones are not compared with each other.</summary>
    private const int MostCompared = 1024;

    /// <summary>Changes the main graph in place; Constant nodes inside subgraphs, and those that are graph outputs or hold no plain tensor, stay.</summary>
    /// <returns>The number of nodes that went.</returns>
    public static int Apply(Graph graph)
    {
        var shared = new Dictionary<(ElementType, string), Value>();
        var names = graph.Inputs.Concat(graph.Initializers).Concat(graph.SparseInitializers).Concat(graph.AllNodes().SelectMany(n => n.Outputs)).Select(v => v.Name).ToHashSet();
        var outputs = graph.Outputs.ToHashSet();
        var removed = 0;
        foreach (var node in graph.Nodes)
        {
            if (node.OpType != "Constant" || node.Domain.Length > 0 || node.Outputs[0] is not { ConstantData: { Strings: null } data } constant || outputs.Contains(constant))
            {
                continue;
            }

            var key = data.Bytes.Length <= MostCompared ? $"{string.Join(',', data.Dims)}:{Convert.ToHexString(data.Bytes.Span)}" : null;
            if (key is null || !shared.TryGetValue((data.Type, key), out var initializer))
            {
                initializer = new Value(Unique(constant.Name, names), data.Type, Shape.Of(data.Dims)) { Initializer = data };
                graph.Initializers.Add(initializer);
                if (key is not null)
                {
                    shared.Add((data.Type, key), initializer);
                }
            }

            foreach (var use in constant.Uses.ToArray())
            {
                use.Node.SetInput(use.Index, initializer);
            }

            graph.Nodes.Remove(node);
            removed++;
        }

        return removed;
    }

    private static string Unique(string name, HashSet<string> names)
    {
        var unique = $"{name}_shared";
        for (var i = 1; !names.Add(unique); i++)
        {
            unique = $"{name}_shared_{i}";
        }

        return unique;
    }
}
