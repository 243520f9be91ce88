using OnnxPipeline.Ir;

namespace OnnxPipeline.Training;

/// <summary>How long an axis of a graph's input may be: its positions are counted from 0 and looked up in a table, which ends.</summary>
/// <param name="Input">The graph input.</param>
/// <param name="Axis">From 0, the batch among them.</param>
/// <param name="Most">Rows of the table.</param>
/// <param name="Table">Its name.</param>
public sealed record LengthLimit(string Input, int Axis, long Most, string Table)
{
    private static readonly HashSet<string> Keeping = ["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand", "Tile"];

    /// <summary>From Gather of a table by a Range from 0 on, as long as an axis of inputs is.</summary>
    internal static IEnumerable<LengthLimit> Of(Node node, Graph graph)
    {
        if (GraphDemands.TableOf(node) is not (var table, var rows)
            || GraphDemands.Origin(node.Input(1), Keeping)?.Producer is not { Domain.Length: 0, OpType: "Range" } range
            || !Is(range.Input(0), 0) || !Is(range.Input(2), 1)
            || range.Outputs[0].Shape is not { Rank: 1 } positions || positions[0].IsKnown)
        {
            return [];
        }

        return
        [
            .. from input in graph.Inputs
               from axis in Enumerable.Range(0, input.Shape?.Rank ?? 0)
               where input.Shape![axis].IsSameAs(positions[0])
               select new LengthLimit(input.Name, axis, rows, table),
        ];
    }

    private static bool Is(Value? value, long number) => value?.ConstantData is { Count: 1 } data && data.Type switch
    {
        Files.ElementType.Int64 => data.As<long>()[0] == number,
        Files.ElementType.Int32 => data.As<int>()[0] == number,
        _ => false,
    };
}
