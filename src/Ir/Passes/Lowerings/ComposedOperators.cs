namespace OnnxPipeline.Ir.Passes.Lowerings;

/// <summary>Operators without a gradient rule of their own, or with forms that not every runtime computes, and what is written instead.</summary>
internal static class ComposedOperators
{
    /// <param name="Since">The version of the domain that brought the operator; of ONNX's own, from https://onnx.ai/onnx/operators.</param>
    /// <param name="Write">Puts others in the place of one; the builder inserts before the node.</param>
    internal sealed record Form(int Since, Action<Node, GraphBuilder> Write);

    public static IReadOnlyDictionary<(string Domain, string Op), Form> Table { get; } = new Dictionary<(string, string), Form>
    {
        [("", "Attention")] = new(23, Attentions.Attention),
        [("", "RotaryEmbedding")] = new(23, Attentions.RotaryEmbedding),
        [("", "LRN")] = new(1, Normalizations.LRN),
        [("", "GridSample")] = new(16, Sampling.GridSample),
        [("", "AffineGrid")] = new(20, Sampling.AffineGrid),
        [("com.microsoft", "Attention")] = new(1, MicrosoftAttentions.Attention),
        [("com.microsoft", "EmbedLayerNormalization")] = new(1, Embeddings.EmbedLayerNormalization),
        [("com.microsoft", "FusedConv")] = new(1, FusedActivations.FusedConv),
        [("com.microsoft", "FusedGemm")] = new(1, FusedActivations.FusedGemm),
        [("com.microsoft", "GroupQueryAttention")] = new(1, MicrosoftAttentions.GroupQueryAttention),
        [("com.microsoft", "MultiHeadAttention")] = new(1, MicrosoftAttentions.MultiHeadAttention),
        [("com.microsoft", "RotaryEmbedding")] = new(1, MicrosoftAttentions.RotaryEmbedding),
        [("com.microsoft", "SimplifiedLayerNormalization")] = new(1, Normalizations.SimplifiedLayerNormalization),
        [("com.microsoft", "SkipLayerNormalization")] = new(1, Normalizations.SkipLayerNormalization),
        [("com.microsoft", "SkipSimplifiedLayerNormalization")] = new(1, Normalizations.SkipSimplifiedLayerNormalization),
        [("", "RNN")] = new(7, RecurrentLayouts.TimeFirst),
        [("", "GRU")] = new(7, RecurrentLayouts.TimeFirst),
        [("", "LSTM")] = new(7, RecurrentLayouts.TimeFirst),
        [("", "AveragePool")] = new(1, RuntimeForms.Pool),
        [("", "LpPool")] = new(1, RuntimeForms.Pool),
        [("", "MaxPool")] = new(1, RuntimeForms.Pool),
        [("", "Einsum")] = new(12, RuntimeForms.Einsum),
        [("", "ReduceL1")] = new(1, RuntimeForms.Reduction),
        [("", "ReduceL2")] = new(1, RuntimeForms.Reduction),
        [("", "ReduceLogSum")] = new(1, RuntimeForms.Reduction),
        [("", "ReduceLogSumExp")] = new(1, RuntimeForms.Reduction),
        [("", "ReduceMax")] = new(1, RuntimeForms.Reduction),
        [("", "ReduceMean")] = new(1, RuntimeForms.Reduction),
        [("", "ReduceMin")] = new(1, RuntimeForms.Reduction),
        [("", "ReduceProd")] = new(1, RuntimeForms.Reduction),
        [("", "ReduceSum")] = new(1, RuntimeForms.Reduction),
        [("", "ReduceSumSquare")] = new(1, RuntimeForms.Reduction),
        [("", "Tile")] = new(1, RuntimeForms.Tile),
    };
}
