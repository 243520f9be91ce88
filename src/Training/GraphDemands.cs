using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Training;

/// <summary>What a graph wants of its inputs beyond types and shapes, as far as it can be told before it runs.</summary>
/// <param name="Ranges">Of their elements.</param>
/// <param name="Lengths">Of their axes.</param>
public sealed record GraphDemands(IReadOnlyList<IndexRange> Ranges, IReadOnlyList<LengthLimit> Lengths)
{
    public static GraphDemands None { get; } = new([], []);

    /// <summary>What the evaluation graph tells (it is the training graph's forward half with nothing fused); nothing where there is no such file, or it cannot be read. Elements are not looked at.</summary>
    public static GraphDemands Of(ArtifactFolder artifacts)
    {
        if (!File.Exists(artifacts.EvalModel))
        {
            return None;
        }

        try
        {
            return Of(ModelFile.Load(artifacts.EvalModel));
        }
        catch (PipelineException)
        {
            return None; // whoever runs the graph says better what is wrong with it
        }
    }

    /// <param name="model">Its types are inferred.</param>
    public static GraphDemands Of(Model model)
    {
        ShapeInference.Infer(model);
        return new(
            [.. model.Graph.Nodes.Select(node => IndexRange.Of(node, model.Graph)).OfType<IndexRange>().Distinct()],
            [.. model.Graph.Nodes.SelectMany(node => LengthLimit.Of(node, model.Graph)).Distinct()]);
    }

    /// <summary>The table that a Gather looks up (a graph input or initializer), and its rows; null for another node, or where they are not known.</summary>
    internal static (string Name, long Rows)? TableOf(Node node) =>
        node is { Domain.Length: 0, OpType: "Gather" } && node.Input(0) is { Producer: null, Shape: { Rank: > 0 } shape } table && shape.At(node.Int("axis", 0)) is { IsKnown: true } rows
            ? (table.Name, rows.Value)
            : null;

    /// <summary>What a value is made of by operators that keep its elements; the value itself where there are none.</summary>
    /// <param name="keeping">These operators.</param>
    internal static Value? Origin(Value? value, IReadOnlySet<string> keeping)
    {
        while (value?.Producer is { Domain.Length: 0 } node && keeping.Contains(node.OpType))
        {
            value = node.Input(0);
        }

        return value;
    }
}
