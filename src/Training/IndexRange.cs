using OnnxPipeline.Ir;

namespace OnnxPipeline.Training;

/// <summary>Which integers a graph takes for one of its inputs: labels that are classes, ids that are rows of a table.</summary>
/// <param name="Input">The graph input.</param>
/// <param name="Least">The least number that is taken.</param>
/// <param name="Greatest">The greatest number that is taken.</param>
/// <param name="Ignored">A number outside the range that is taken too: the label that does not count.</param>
/// <param name="Reason">What sets the range, for messages.</param>
public sealed record IndexRange(string Input, long Least, long Greatest, long? Ignored, string Reason)
{
    /// <summary>Operators that keep every element of their first input, so that what holds for the output holds for the input.</summary>
    private static readonly HashSet<string> Keeping = ["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"];

    /// <summary>From SoftmaxCrossEntropyLoss whose number of classes is known, and Gather of a table whose rows are.</summary>
    internal static IndexRange? Of(Node node, Graph graph)
    {
        if (GraphDemands.TableOf(node) is (var table, var rows))
        {
            return Source(node.Input(1), graph) is { } ids ? new(ids, -rows, rows - 1, null, $"the table '{table}' has {rows} rows, and negative numbers count from its end") : null;
        }

        if (node is not { Domain.Length: 0, OpType: "SoftmaxCrossEntropyLoss" } || node.Input(0)?.Shape is not { Rank: > 1 } shape || !shape[1].IsKnown || Source(node.Input(1), graph) is not { } labels)
        {
            return null;
        }

        long? ignored = node.Attributes.ContainsKey("ignore_index") ? node.Int("ignore_index", 0) : null;
        return new(labels, 0, shape[1].Value - 1, ignored, $"the loss has {shape[1].Value} classes");
    }

    private static string? Source(Value? value, Graph graph) => GraphDemands.Origin(value, Keeping) is { } origin && graph.Inputs.Contains(origin) ? origin.Name : null;
}
