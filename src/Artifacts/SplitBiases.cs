using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>
/// Undoes what exporters do to equal biases: one initializer of rank 1 that reaches its uses through several Identity nodes (Optimum merges
/// fresh biases so) becomes one initializer per Identity, called after its output. Uses without an Identity are those of one more bias, which keeps the name.
/// </summary>
internal static class SplitBiases
{
    /// <returns>The new initializers → the name of the one that they were.</returns>
    public static IReadOnlyDictionary<Value, string> Apply(Graph graph)
    {
        var origins = new Dictionary<Value, string>();
        var merged = graph.Nodes.Where(n => n.OpType == "Identity" && n.Domain.Length == 0 && IsBias(n.Inputs[0]) && !graph.Outputs.Contains(n.Outputs[0]))
            .GroupBy(n => n.Inputs[0]!).Where(copies => copies.Skip(1).Any() || copies.Key.Uses.Any(use => use.Node.OpType != "Identity")).ToList();
        foreach (var copies in merged)
        {
            var place = graph.Initializers.IndexOf(copies.Key);
            foreach (var node in copies)
            {
                var output = node.Outputs[0];
                var own = new Value(output.Name, copies.Key.Type) { Initializer = copies.Key.Initializer };
                graph.ReplaceAllUses(output, own);
                graph.Nodes.Remove(node);
                graph.Initializers.Insert(place++, own);
                origins.Add(own, copies.Key.Name);
            }

            if (copies.Key.Uses.Count == 0)
            {
                graph.Initializers.Remove(copies.Key);
            }
        }

        return origins;
    }

    private static bool IsBias(Value? value) => value?.Initializer is { Rank: 1 } data && data.Type.IsFloat();
}
