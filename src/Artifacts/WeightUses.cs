using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>The uses that make a float initializer a weight.</summary>
internal static class WeightUses
{
    /// <summary>Operator → inputs that are weights wherever they stand.</summary>
    private static readonly Dictionary<string, (int[] Inputs, string Role)> Always = new()
    {
        ["Gemm"] = ([0, 1, 2], "operand of Gemm"),
        ["Conv"] = ([0, 1, 2], "operand of Conv"),
        ["ConvTranspose"] = ([0, 1, 2], "operand of ConvTranspose"),
        ["Gather"] = ([0], "table of Gather"),
        ["LSTM"] = ([1, 2, 3, 7], "weight of LSTM"),
        ["GRU"] = ([1, 2, 3], "weight of GRU"),
        ["RNN"] = ([1, 2, 3], "weight of RNN"),
        ["LayerNormalization"] = ([1, 2], "scale or bias of LayerNormalization"),
        ["SimplifiedLayerNormalization"] = ([1], "scale of SimplifiedLayerNormalization"),
        ["SkipLayerNormalization"] = ([2, 3, 4], "scale or bias of SkipLayerNormalization"),
        ["RMSNormalization"] = ([1], "scale of RMSNormalization"),
        ["BatchNormalization"] = ([1, 2], "scale or bias of BatchNormalization"),
        ["InstanceNormalization"] = ([1, 2], "scale or bias of InstanceNormalization"),
        ["GroupNormalization"] = ([1, 2], "scale or bias of GroupNormalization"),
        ["PRelu"] = ([1], "slope of PRelu"),
        ["BiasGelu"] = ([1], "bias of BiasGelu"),
        ["FastGelu"] = ([1], "bias of FastGelu"),
    };

    private static readonly HashSet<string> Products = ["MatMul", "FusedMatMul", "Einsum"];

    /// <summary>Why input <paramref name="index"/> of <paramref name="node"/> is a weight; null if it is none.</summary>
    public static string? Reason(Node node, int index, Value value, HashSet<Value> dynamic)
    {
        if (Always.TryGetValue(node.OpType, out var always))
        {
            return always.Inputs.Contains(index) ? always.Role : null;
        }

        if (Products.Contains(node.OpType))
        {
            return LeadsOnlyTo(node.Outputs[0], ["Sin", "Cos"], ["Concat", "Mul", "Add"]) ? null : $"operand of {node.OpType}";
        }

        var (rank, longer) = Axes(value);
        return node.OpType switch
        {
            "Concat" when node.Inputs.Any(v => v is not null && dynamic.Contains(v)) => "concatenated with an activation in",
            "Add" when longer <= 1 || !LeadsTo(node.Outputs[0], "Softmax") => "added in",
            "Mul" when (longer == 1 || (rank == 1 && longer == 0)) && !LeadsOnlyTo(node.Outputs[0], ["Sin", "Cos"], ["Concat", "Mul", "Add"]) => "factor in",
            "Mul" when Recomposition.IsScale(node, index) => "scale of the normalization",
            _ => null,
        };
    }

    /// <summary>Rank, and the number of axes longer than 1; an axis that is not known counts as longer.</summary>
    private static (int Rank, int Longer) Axes(Value value)
    {
        if (value.ConstantData is { } data)
        {
            return (data.Rank, data.Dims.Count(d => d > 1));
        }

        return value.Shape is { } shape ? (shape.Rank, shape.Count(d => !d.Is(1) && !d.Is(0))) : (int.MaxValue, int.MaxValue);
    }

    /// <summary>Whether the sum goes into an operator, possibly moved and with more added to it.</summary>
    private static bool LeadsTo(Value value, string op) => Ends(value, ["Add"]).Any(node => node.OpType == op);

    /// <summary>Whether all ways through moves and <paramref name="through"/> end in <paramref name="ops"/>: angles of rotary or sinusoidal positions, which are no weights.</summary>
    private static bool LeadsOnlyTo(Value value, string[] ops, string[] through)
    {
        var ends = Ends(value, through).ToList();
        return ends.Count > 0 && ends.TrueForAll(node => ops.Contains(node.OpType));
    }

    private static IEnumerable<Node> Ends(Value value, string[] through)
    {
        var seen = new HashSet<Value> { value };
        var queue = new Queue<Value>(seen);
        while (queue.TryDequeue(out var at))
        {
            foreach (var (node, _) in at.Uses)
            {
                if (!Weights.IsMove(node) && !through.Contains(node.OpType))
                {
                    yield return node;
                    continue;
                }

                foreach (var output in node.Outputs.Where(seen.Add))
                {
                    queue.Enqueue(output);
                }
            }
        }
    }
}
