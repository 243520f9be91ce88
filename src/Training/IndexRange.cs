using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

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

    /// <summary>The ranges that the evaluation graph tells (it is the training graph's forward half with nothing fused); none where there is no such file, or it cannot be read. Elements are not looked at.</summary>
    public static IReadOnlyList<IndexRange> Of(ArtifactFolder artifacts)
    {
        if (!File.Exists(artifacts.EvalModel))
        {
            return [];
        }

        try
        {
            return Of(ModelFile.Load(artifacts.EvalModel));
        }
        catch (PipelineException)
        {
            return []; // whoever runs the graph says better what is wrong with it
        }
    }

    /// <summary>From SoftmaxCrossEntropyLoss whose number of classes is known, and Gather of a table (a graph input or initializer) whose rows are.</summary>
    /// <param name="model">Its types are inferred.</param>
    public static IReadOnlyList<IndexRange> Of(Model model)
    {
        ShapeInference.Infer(model);
        return [.. model.Graph.Nodes.Select(node => Of(node, model.Graph)).OfType<IndexRange>().Distinct()];
    }

    private static IndexRange? Of(Node node, Graph graph)
    {
        if (node.Domain.Length > 0 || node.Input(0)?.Shape is not { Rank: > 0 } shape)
        {
            return null;
        }

        switch (node.OpType)
        {
            case "SoftmaxCrossEntropyLoss" when shape.Rank > 1 && shape[1].IsKnown && Source(node.Input(1), graph) is { } labels:
                var classes = shape[1].Value;
                long? ignored = node.Attributes.ContainsKey("ignore_index") ? node.Int("ignore_index", 0) : null;
                return new(labels, 0, classes - 1, ignored, $"the loss has {classes} classes");
            case "Gather" when node.Input(0) is { Producer: null } table && shape.At(node.Int("axis", 0)).IsKnown && Source(node.Input(1), graph) is { } ids:
                var rows = shape.At(node.Int("axis", 0)).Value;
                return new(ids, -rows, rows - 1, null, $"the table '{table.Name}' has {rows} rows, and negative numbers count from its end");
            default:
                return null;
        }
    }

    private static string? Source(Value? value, Graph graph)
    {
        while (value?.Producer is { } node)
        {
            value = node.Domain.Length == 0 && Keeping.Contains(node.OpType) ? node.Input(0) : null;
        }

        return value is not null && graph.Inputs.Contains(value) ? value.Name : null;
    }
}
