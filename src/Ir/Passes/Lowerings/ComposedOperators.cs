namespace OnnxPipeline.Ir.Passes.Lowerings;

/// <summary>Operators without a gradient rule of their own, with their form in operators that have one.</summary>
internal static class ComposedOperators
{
    /// <summary>Operator → what puts others in the place of one; the builder inserts before the node.</summary>
    public static IReadOnlyDictionary<(string Domain, string Op), Action<Node, GraphBuilder>> Table { get; } = new Dictionary<(string, string), Action<Node, GraphBuilder>>
    {
        [("", "Attention")] = Attentions.Attention,
        [("", "RotaryEmbedding")] = Attentions.RotaryEmbedding,
        [("", "LRN")] = Normalizations.LRN,
        [("", "GridSample")] = Sampling.GridSample,
        [("", "AffineGrid")] = Sampling.AffineGrid,
        [("com.microsoft", "Attention")] = MicrosoftAttentions.Attention,
        [("com.microsoft", "EmbedLayerNormalization")] = Embeddings.EmbedLayerNormalization,
        [("com.microsoft", "FusedConv")] = FusedActivations.FusedConv,
        [("com.microsoft", "FusedGemm")] = FusedActivations.FusedGemm,
        [("com.microsoft", "GroupQueryAttention")] = MicrosoftAttentions.GroupQueryAttention,
        [("com.microsoft", "MultiHeadAttention")] = MicrosoftAttentions.MultiHeadAttention,
        [("com.microsoft", "RotaryEmbedding")] = MicrosoftAttentions.RotaryEmbedding,
        [("com.microsoft", "SimplifiedLayerNormalization")] = Normalizations.SimplifiedLayerNormalization,
        [("com.microsoft", "SkipLayerNormalization")] = Normalizations.SkipLayerNormalization,
        [("com.microsoft", "SkipSimplifiedLayerNormalization")] = Normalizations.SkipSimplifiedLayerNormalization,
        [("", "RNN")] = RecurrentLayouts.TimeFirst,
        [("", "GRU")] = RecurrentLayouts.TimeFirst,
        [("", "LSTM")] = RecurrentLayouts.TimeFirst,
    };
}
