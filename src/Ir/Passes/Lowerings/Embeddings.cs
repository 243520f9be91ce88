using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Passes.Lowerings;

internal static class Embeddings
{
    /// <summary>
    /// com.microsoft EmbedLayerNormalization (ids, segments, table of words, of positions, of segments, scale, bias, mask, positions) → (y, ones of the mask a
    /// row, what is normalized): LayerNormalization of the sum of the tables' rows.
    /// </summary>
    public static void EmbedLayerNormalization(Node node, GraphBuilder b)
    {
        var ids = node.Inputs[0]!; // [batch, length]
        var places = node.Input(8) ?? Attentions.Places(b, ids, 1); // [batch, length], [1, length] or [length]
        var sum = b.Add(b.Gather(node.Inputs[2]!, ids), b.Gather(node.Inputs[3]!, places)); // [batch, length, width]
        sum = node.Input(1) is { } segments ? b.Add(sum, b.Gather(node.Inputs[4]!, segments)) : sum;
        if (MicrosoftAttentions.IsUsed(node, 1))
        {
            var counted = node.Input(7) is { } mask
                ? b.Cast(b.Equal(mask, b.Constant(Tensor.Scalar(1))), ElementType.Int32)
                : b.Expand(b.Constant(Tensor.Scalar(0)), b.Shape(ids));
            NewerOperators.Give(node, 1, b.ReduceSum(counted, [1], keepDims: false)); // [batch]
        }

        NewerOperators.Give(node, 2, sum);
        NewerOperators.Replace(node, b.LayerNormalization(sum, node.Inputs[5]!, node.Inputs[6], epsilon: node.Float("epsilon", 1e-12f)));
    }
}
