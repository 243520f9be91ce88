namespace OnnxPipeline.Ir.Passes.Lowerings;

/// <summary>What ONNX Runtime's optimizer makes of normalizations, taken apart again.</summary>
internal static class Normalizations
{
    /// <summary>The same operator in the domain where ONNX Runtime's kernels are: ONNX's own.</summary>
    public static void SimplifiedLayerNormalization(Node node, GraphBuilder b) => node.Domain = "";

    // (x, skip, scale, bias?, bias of the sum?) → (y, mean, 1/deviation, sum)
    public static void SkipLayerNormalization(Node node, GraphBuilder b)
    {
        var sum = Sum(node, b, node.Input(4));
        var layer = b.Ops("LayerNormalization", [sum, node.Inputs[2], node.Input(3)], Math.Min(node.Outputs.Count, 3), [("axis", -1), ("epsilon", Epsilon(node))]);
        Give(node, [.. layer.Outputs], sum);
    }

    // (x, skip, scale, bias of the sum?) → (y, –, 1/deviation, sum)
    public static void SkipSimplifiedLayerNormalization(Node node, GraphBuilder b)
    {
        if (MicrosoftAttentions.IsUsed(node, 1))
        {
            throw new IrException($"{node.Describe()}: something takes its output {node.Outputs[1].Name}, a mean, of which this operator has none. Take it away from the model.");
        }

        var sum = Sum(node, b, node.Input(3));
        var layer = b.Ops("SimplifiedLayerNormalization", [sum, node.Inputs[2]], node.Outputs.Count > 2 ? 2 : 1, [("axis", -1), ("epsilon", Epsilon(node))]);
        Give(node, [layer.Outputs[0], null, layer.Output(1)], sum);
    }

    // y = x/(bias + alpha·mean of x² over size channels around)^beta, zeros beyond the first and last; x [N, C, …]
    public static void LRN(Node node, GraphBuilder b)
    {
        var (x, size) = (node.Inputs[0]!, node.Int("size", 0));
        if (size < 1)
        {
            throw new IrException($"{node.Describe()} has size {size}; LRN sums over at least 1 channel. Correct the node.");
        }

        var channels = b.Unsqueeze(b.Reshape(b.Mul(x, x), 0, 0, -1), 1); // [N, 1, C, rest]
        var mean = b.Op("AveragePool", [channels], [("kernel_shape", (long[])[size, 1]), ("pads", (long[])[(size - 1) / 2, 0, size / 2, 0]), ("count_include_pad", 1)]);
        var scaled = b.Mul(b.Reshape(mean, b.Shape(x)), b.ConstantLike(x, node.Float("alpha", 1e-4f)));
        var sum = b.Add(scaled, b.ConstantLike(x, node.Float("bias", 1)));
        NewerOperators.Replace(node, b.Div(x, b.Pow(sum, b.ConstantLike(x, node.Float("beta", 0.75f)))));
    }

    private static Value Sum(Node node, GraphBuilder b, Value? bias)
    {
        var sum = b.Add(node.Inputs[0]!, node.Inputs[1]!);
        return bias is null ? sum : b.Add(sum, bias);
    }

    private static float Epsilon(Node node) => node.Float("epsilon", 1e-12f);

    /// <param name="results">What takes the place of outputs of the node; null: nobody takes that one.</param>
    private static void Give(Node node, IReadOnlyList<Value?> results, Value sum)
    {
        for (var i = 0; i < node.Outputs.Count; i++)
        {
            var isLeftOut = node.Outputs[i].Name.Length == 0 && !MicrosoftAttentions.IsUsed(node, i);
            if ((i == 3 ? sum : results.ElementAtOrDefault(i)) is not { } result || isLeftOut && i == 3)
            {
                continue;
            }

            if (isLeftOut)
            {
                result.Name = "";
            }
            else
            {
                NewerOperators.Give(node, i, result);
            }
        }

        node.Owner!.Nodes.Remove(node);
    }
}
