using OnnxPipeline.Autodiff;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>
/// Decides by use which float initializers are weights. One is a weight if it reaches, directly or through operators that only move, cast
/// or repeat elements or put them beside each other, a use of <see cref="WeightUses"/>, on a way that is differentiable up to the loss. Names and origin do not count:
/// exporters put weights into Constant nodes and give them any name.
/// </summary>
public static class Weights
{
    private static readonly HashSet<string> Moves = ["Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Expand", "Tile", "Pad", "Resize", "Slice", "Split", "Identity", "Cast"];

    /// <summary>
    /// The candidates of a graph in which weights that an exporter merged are apart again and, with <paramref name="retie"/>, weights that it wrote
    /// twice are one again: the graph is changed so.
    /// </summary>
    /// <inheritdoc cref="Classify(Graph, IReadOnlyDictionary{string, int}, IEnumerable{Value}, GradientTable?)"/>
    public static IReadOnlyList<WeightCandidate> Resolve(Graph graph, IReadOnlyDictionary<string, int> opsets, IEnumerable<Value> roots, GradientTable? table, bool retie)
    {
        var origins = SplitBiases.Apply(graph);
        BatchStatistics.Separate(graph);
        var candidates = Classify(graph, opsets, roots, table);
        var ties = retie ? Ties.Merge(graph, opsets[""], candidates.Where(c => c.Verdict == WeightVerdict.Weight)) : new Dictionary<Value, IReadOnlyList<string>>();
        var merged = ties.Values.SelectMany(names => names).ToHashSet();
        return [.. candidates.Where(c => !merged.Contains(c.Name)).Select(c => c with { Ties = ties.GetValueOrDefault(c.Value, []), Origin = origins.GetValueOrDefault(c.Value) })];
    }

    /// <summary>Every float initializer in order, then the float outputs of Constant nodes in node order.</summary>
    /// <param name="graph">Without calls of local functions.</param>
    /// <param name="opsets">Domain → version.</param>
    /// <param name="roots">What feeds the loss: its input, or all outputs where there is no loss yet.</param>
    /// <param name="table">Null: <see cref="GradientTable.Default"/>. An operator that is not in it counts as differentiable: the walker will name it.</param>
    public static IReadOnlyList<WeightCandidate> Classify(Graph graph, IReadOnlyDictionary<string, int> opsets, IEnumerable<Value> roots, GradientTable? table = null)
    {
        var reaching = Reaching(graph, opsets, roots, table ?? GradientTable.Default);
        var dynamic = Dynamic(graph);
        return [.. Candidates(graph).Select(value => Classify(value, reaching, dynamic))];
    }

    /// <summary>Whether an operator only moves, casts or repeats the elements of its first input, or resamples them, as is done with tables of positions.</summary>
    internal static bool IsMove(Node node) => node.Domain.Length == 0 && Moves.Contains(node.OpType);

    /// <summary>Whether an operator puts constants side by side, as exporters do with the gates and biases of a recurrent layer.</summary>
    private static bool Joins(Node node, HashSet<Value> dynamic) => node.OpType == "Concat" && node.Domain.Length == 0 && !node.Inputs.Any(v => v is not null && dynamic.Contains(v));

    private static IEnumerable<Value> Candidates(Graph graph) => graph.Initializers
        .Concat(graph.Nodes.Where(n => n.OpType == "Constant" && n.Domain.Length == 0).Select(n => n.Outputs[0]))
        .Where(v => v.ConstantData is { } data && data.Type.IsFloat());

    private static WeightCandidate Classify(Value value, HashSet<Value> reaching, HashSet<Value> dynamic)
    {
        if (value.ConstantData!.Rank == 0)
        {
            return new(value, WeightVerdict.Constant, "a scalar");
        }

        var uniform = value.Producer is not null && value.ConstantData.Rank > 1 && IsUniform(value.ConstantData);
        var seen = new HashSet<Value> { value };
        var queue = new Queue<Value>(seen);
        var (cut, others) = (false, new SortedSet<string>(StringComparer.Ordinal));
        while (queue.TryDequeue(out var moved))
        {
            foreach (var (node, index) in moved.Uses.OrderBy(u => u.Index))
            {
                if (node.OpType == "BatchNormalization" && index >= 3)
                {
                    return new(value, WeightVerdict.Buffer, $"running statistics of {Label(node)}");
                }

                if (!node.Outputs.Any(reaching.Contains))
                {
                    cut = true;
                }
                else if (IsMove(node) && index == 0 || Joins(node, dynamic))
                {
                    foreach (var output in node.Outputs.Where(seen.Add))
                    {
                        queue.Enqueue(output);
                    }
                }
                else if (uniform && (node.OpType == "Concat" || (index == 0 && node.OpType is "MatMul" or "Gemm")))
                {
                    others.Add($"{node.OpType} (all its elements are equal: padding, or a first state that an exporter computed)");
                }
                else if ((WeightUses.Reason(node, index, moved, dynamic) ?? WeightUses.FirstState(node, index, value.ConstantData)) is { } reason)
                {
                    return new(value, WeightVerdict.Weight, $"{reason} {Label(node)}");
                }
                else
                {
                    others.Add(node.OpType);
                }
            }
        }

        return new(value, WeightVerdict.Constant,
            others.Count > 0 ? $"used only by {string.Join(", ", others)}" : cut ? "the loss does not depend on it differentiably" : "not used");
    }

    /// <summary>Values from which a differentiable way leads to a root.</summary>
    private static HashSet<Value> Reaching(Graph graph, IReadOnlyDictionary<string, int> opsets, IEnumerable<Value> roots, GradientTable table)
    {
        var reaching = roots.ToHashSet();
        foreach (var node in graph.Nodes.Reverse())
        {
            if (node.Outputs.Any(reaching.Contains) && table.Find(node.Domain, node.OpType, opsets.GetValueOrDefault(node.Domain, 1)) is not { Rule: null })
            {
                reaching.UnionWith(node.Inputs.Concat(Inside(node))
                    .OfType<Value>().Where(v => v.Element.IsFloat() || v.Element == ElementType.Undefined));
            }
        }

        return reaching;
    }

    /// <summary>What the nodes inside the subgraphs of a node take, and what those subgraphs give.</summary>
    private static IEnumerable<Value?> Inside(Node node) =>
        node.Subgraphs.SelectMany(g => g.Outputs.Concat(g.Nodes.SelectMany(n => n.Inputs.Concat(Inside(n)))));

    /// <summary>Values that depend on a graph input: activations, and numbers computed from them.</summary>
    private static HashSet<Value> Dynamic(Graph graph)
    {
        var dynamic = graph.Inputs.Where(v => v.Initializer is null).ToHashSet();
        foreach (var node in graph.Nodes)
        {
            if (node.Inputs.Concat(Inside(node)).Any(v => v is not null && dynamic.Contains(v)))
            {
                dynamic.UnionWith(node.Outputs);
            }
        }

        return dynamic;
    }

    /// <summary>Whether all elements are the same.</summary>
    internal static bool IsUniform(Tensor tensor)
    {
        var bytes = tensor.Bytes.Span;
        var width = tensor.Type.Bits() / 8;
        return width > 0 && (bytes.Length <= width || bytes[width..].SequenceEqual(bytes[..^width]));
    }

    private static string Label(Node node) => node.Name.Length > 0 ? node.Name : node.Outputs[0].Name;
}
