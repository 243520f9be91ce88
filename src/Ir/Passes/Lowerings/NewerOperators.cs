namespace OnnxPipeline.Ir.Passes.Lowerings;

/// <summary>
/// Every operator that is newer than opset 21, or gained something besides element types since, with its form in older operators; from
/// https://onnx.ai/onnx/operators.
/// </summary>
internal static class NewerOperators
{
    /// <summary>Operator → what puts older nodes in the place of one; the builder inserts before the node.</summary>
    public static IReadOnlyDictionary<string, Action<Node, GraphBuilder>> Table { get; } = new Dictionary<string, Action<Node, GraphBuilder>>
    {
        ["Attention"] = Attentions.Attention, // 23, 24, 25
        ["RMSNormalization"] = Elementwise.RMSNormalization, // 23
        ["RotaryEmbedding"] = Attentions.RotaryEmbedding, // 23
        ["Swish"] = Elementwise.Swish, // 24
        ["CumProd"] = Elementwise.CumProd, // 26
        ["SwiGLU"] = Elementwise.SwiGLU, // 28
        ["Cast"] = (node, _) => Drop(node, "round_mode"), // 25: of a type that is refused before
        ["Range"] = (node, _) => Drop(node, "stash_type"), // 27
        ["BitCast"] = Refuse, // 26
        ["TensorScatter"] = Refuse, // 24
        ["LinearAttention"] = Refuse, // 27
        ["CausalConvWithState"] = Refuse, // 27
    };

    /// <summary>Lets a value take the place of output number <paramref name="output"/> of a node, name included.</summary>
    internal static void Give(Node node, int output, Value result)
    {
        if (node.Output(output) is not { } old)
        {
            return;
        }

        result.Type ??= old.Type;
        var isOutput = node.Owner!.Outputs.Contains(old);
        node.Owner.ReplaceAllUses(old, result);
        if (!isOutput)
        {
            (result.Name, old.Name) = (old.Name, "");
        }
    }

    /// <summary>Lets a value take the place of a node that has one output.</summary>
    internal static void Replace(Node node, Value result)
    {
        Give(node, 0, result);
        node.Owner!.Nodes.Remove(node);
    }

    private static void Drop(Node node, string attribute) => node.Attributes.Remove(attribute);

    private static void Refuse(Node node, GraphBuilder b) =>
        throw new IrException($"{node.Describe()}: {node.OpType} is newer than opset {OpsetLowering.Opset} and has no form in older operators here. Export the model with an opset of at most {OpsetLowering.Opset}.");
}
