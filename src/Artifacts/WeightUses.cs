using OnnxPipeline.Files;
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

    private static readonly string[] BeforeSoftmax = ["Add", "Where"];

    /// <summary>Why input <paramref name="index"/> of <paramref name="node"/> is a weight; null if it is none.</summary>
    public static string? Reason(Node node, int index, Value value, HashSet<Value> dynamic)
    {
        if (Always.TryGetValue(node.OpType, out var always))
        {
            return always.Inputs.Contains(index) && !IsOnlyNormalizing(node, dynamic) ? always.Role : null;
        }

        if (Products.Contains(node.OpType))
        {
            return IsAngle(node, index, dynamic) ? null : $"operand of {node.OpType}";
        }

        var (rank, longer) = Axes(value);
        return node.OpType switch
        {
            "Concat" when node.Inputs.Any(v => v is not null && dynamic.Contains(v)) => "concatenated with an activation in",
            "Add" when longer <= 1 || !LeadsToSoftmax(node.Outputs[0]) => "added in",
            "Sub" when index == 0 && longer == 1 && Ends(node.Outputs[0], []).Any(n => n.OpType == "Add") => "added in", // x·scale + (bias − mean·scale)
            "Mul" when (longer == 1 || (rank == 1 && longer == 0)) && !IsAngle(node, index, dynamic) && !IsSlope(node, index) => "factor in",
            "Mul" when Recomposition.IsScale(node, index) => "scale of the normalization",
            _ => null,
        };
    }

    /// <summary>Why the numbers are a weight as what a recurrent layer starts from: one that was learned; zeros, and other states of one number, are none.</summary>
    public static string? FirstState(Node node, int index, Tensor data) =>
        index is 5 or 6 && node.OpType is "LSTM" or "GRU" or "RNN" && !Weights.IsUniform(data) ? $"first state of {node.OpType}" : null;

    /// <summary>Rank, and the number of axes longer than 1; an axis that is not known counts as longer.</summary>
    private static (int Rank, int Longer) Axes(Value value)
    {
        if (value.ConstantData is { } data)
        {
            return (data.Rank, data.Dims.Count(d => d > 1));
        }

        return value.Shape is { } shape ? (shape.Rank, shape.Count(d => !d.Is(1) && !d.Is(0))) : (int.MaxValue, int.MaxValue);
    }

    /// <summary>Whether the sum is part of a mask: goes into a Softmax, possibly moved, chosen from and with more added to it.</summary>
    private static bool LeadsToSoftmax(Value value) => Ends(value, BeforeSoftmax).Any(node => node.OpType == "Softmax");

    /// <summary>
    /// Whether a product gives angles of rotary or sinusoidal positions, the frequencies of which are no weights: all ways end in Sin or Cos, and what is multiplied
    /// counts positions or is a table of them (or is one input, of which both are taken, as of the time in diffusion models). Networks of sines multiply activations.
    /// </summary>
    private static bool IsAngle(Node node, int index, HashSet<Value> dynamic)
    {
        var (sin, cos) = (false, false);
        foreach (var end in Ends(node.Outputs[0], ["Concat", "Mul", "Add"]))
        {
            if (end.OpType is not ("Sin" or "Cos"))
            {
                return false;
            }

            sin |= end.OpType == "Sin";
            cos |= end.OpType == "Cos";
        }

        return (sin || cos) && Others(node, index).All(other => !dynamic.Contains(other) || Sources.AreIntegers(other) || sin && cos && Sources.AreInputs(other));
    }

    /// <summary>Whether a product of positions goes nowhere but into sums before a Softmax: linear biases of attention (ALiBi), the slopes of which are no weights.</summary>
    private static bool IsSlope(Node node, int index)
    {
        var any = false;
        foreach (var end in Ends(node.Outputs[0], BeforeSoftmax))
        {
            if (end.OpType != "Softmax")
            {
                return false;
            }

            any = true;
        }

        return any && Others(node, index).All(Sources.AreIntegers);
    }

    /// <summary>
    /// Whether a normalization has scales of 1 and biases of 0 only because the operator wants some, with the weights in a Mul and an Add behind it: so
    /// PyTorch writes a GroupNorm.
    /// </summary>
    private static bool IsOnlyNormalizing(Node node, HashSet<Value> dynamic)
    {
        return node.OpType == "InstanceNormalization" && AreAll(node.Input(1), 1) && AreAll(node.Input(2), 0)
            && All(node, "Mul", mul => All(mul, "Add", _ => true));

        bool All(Node before, string op, Func<Node, bool> test)
        {
            var ends = Ends(before.Outputs[0], []).ToList();
            return ends.Count > 0 && ends.TrueForAll(n => n.OpType == op && n.Inputs.Any(v => v is not null && !dynamic.Contains(v) && Axes(v).Longer > 0) && test(n));
        }
    }

    private static bool AreAll(Value? value, float number) => value?.ConstantData is { } data && data.Type switch
    {
        ElementType.Float => !data.As<float>().ContainsAnyExcept(number),
        ElementType.Float16 => !data.As<Half>().ContainsAnyExcept((Half)number),
        ElementType.Double => !data.As<double>().ContainsAnyExcept(number),
        _ => false,
    };

    private static IEnumerable<Value> Others(Node node, int index) => node.Inputs.Where((v, i) => v is not null && i != index).Select(v => v!);

    /// <summary>The nodes that read the value, possibly moved, or what nodes of <paramref name="through"/> make of it.</summary>
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
