using OnnxPipeline.Models.Blocks;
using OnnxPipeline.Models.Heads;

namespace OnnxPipeline.Models.Bert;

/// <summary>
/// The fields of Transformers' BertConfig that change the computation, with its defaults
/// (https://github.com/huggingface/transformers/blob/v4.57.0/src/transformers/models/bert/configuration_bert.py). Its other fields say how
/// the model is used and are kept in the file. <c>pad_token_id</c> is among these as long as <c>attention_mask</c> leaves padding out: the embedding of
/// such a position has no gradient in any case. Where padding is attended to it has one here; Transformers leaves that token's out.
/// </summary>
public sealed record BertConfig
{
    public int VocabSize { get; init; } = 30522;

    /// <summary>Width; a multiple of <see cref="NumAttentionHeads"/>.</summary>
    public int HiddenSize { get; init; } = 768;

    public int NumHiddenLayers { get; init; } = 12;

    public int NumAttentionHeads { get; init; } = 12;

    /// <summary>Width inside the feed-forward part.</summary>
    public int IntermediateSize { get; init; } = 3072;

    public string HiddenAct { get; init; } = "gelu";

    /// <summary>Dropout after the embeddings and after each block's two projections.</summary>
    public double HiddenDropoutProb { get; init; } = 0.1;

    /// <summary>Dropout of attention probabilities.</summary>
    public double AttentionProbsDropoutProb { get; init; } = 0.1;

    /// <summary>The longest sequence.</summary>
    public int MaxPositionEmbeddings { get; init; } = 512;

    /// <summary>Segments that <c>token_type_ids</c> tells apart.</summary>
    public int TypeVocabSize { get; init; } = 2;

    /// <summary>Standard deviation of the initial matrices.</summary>
    public double InitializerRange { get; init; } = 0.02;

    public double LayerNormEps { get; init; } = 1e-12;

    /// <summary>Whether the decoder of the masked language model is the word embedding.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <param name="head">What the model is for; null: that is not the question.</param>
    /// <exception cref="ModelsException">A field has a wrong type or value, or asks for something that is not built, or the head needs another one.</exception>
    public static BertConfig From(ConfigFile file, string? head = null)
    {
        var d = new BertConfig();
        file.Refuse("is_decoder", "a BERT here is an encoder", "false");
        file.Refuse("add_cross_attention", "cross attention is not built", "false");
        file.Refuse("is_encoder_decoder", "a BERT here is an encoder alone", "false");
        file.Refuse("position_embedding_type", "absolute positions are built, not relative ones", "\"absolute\"");
        file.Refuse("pruned_heads", "models with pruned heads are not built", "{}");
        file.Refuse("quantization_config", "quantized checkpoints are not built; take the one in float");
        var config = new BertConfig
        {
            VocabSize = file.Int("vocab_size", d.VocabSize),
            HiddenSize = file.Int("hidden_size", d.HiddenSize),
            NumHiddenLayers = file.Int("num_hidden_layers", d.NumHiddenLayers, 0),
            NumAttentionHeads = file.Int("num_attention_heads", d.NumAttentionHeads),
            IntermediateSize = file.Int("intermediate_size", d.IntermediateSize),
            HiddenAct = Activations.Check(file, "hidden_act", file.Text("hidden_act", d.HiddenAct)!),
            HiddenDropoutProb = file.Number("hidden_dropout_prob", d.HiddenDropoutProb, 0, 1),
            AttentionProbsDropoutProb = file.Number("attention_probs_dropout_prob", d.AttentionProbsDropoutProb, 0, 1),
            MaxPositionEmbeddings = file.Int("max_position_embeddings", d.MaxPositionEmbeddings),
            TypeVocabSize = file.Int("type_vocab_size", d.TypeVocabSize),
            InitializerRange = file.Number("initializer_range", d.InitializerRange),
            LayerNormEps = file.Number("layer_norm_eps", d.LayerNormEps),
            TieWordEmbeddings = file.Flag("tie_word_embeddings", d.TieWordEmbeddings),
        };
        if (file.IntOrNull("pad_token_id", 0) is { } pad && pad >= config.VocabSize)
        {
            throw file.Wrong("pad_token_id", $"{pad}", $"an id below vocab_size ({config.VocabSize})");
        }

        if (head == NextSentence.Head.Name && config.TypeVocabSize < 2)
        {
            throw file.Wrong("type_vocab_size", $"{config.TypeVocabSize}", $"at least 2 for the head {head}, whose examples are pairs of texts");
        }

        return config.HiddenSize % config.NumAttentionHeads == 0
            ? config
            : throw file.Wrong("hidden_size", $"{config.HiddenSize}", $"a multiple of num_attention_heads ({config.NumAttentionHeads})");
    }
}
