using OnnxPipeline.Models.Blocks;

namespace OnnxPipeline.Models.Gpt2;

/// <summary>
/// The fields of Transformers' GPT2Config that change the computation, with its defaults
/// (https://github.com/huggingface/transformers/blob/v4.57.0/src/transformers/models/gpt2/configuration_gpt2.py). Its other fields say how
/// the model is used and are kept in the file.
/// </summary>
public sealed record Gpt2Config
{
    public int VocabSize { get; init; } = 50257;

    /// <summary>The longest sequence.</summary>
    public int NPositions { get; init; } = 1024;

    /// <summary>Width; a multiple of <see cref="NHead"/>.</summary>
    public int NEmbd { get; init; } = 768;

    public int NLayer { get; init; } = 12;

    public int NHead { get; init; } = 12;

    /// <summary>Width inside the MLP; null: 4 · <see cref="NEmbd"/>.</summary>
    public int? NInner { get; init; }

    public string ActivationFunction { get; init; } = "gelu_new";

    /// <summary>Dropout after each block's two projections.</summary>
    public double ResidPdrop { get; init; } = 0.1;

    /// <summary>Dropout after the embeddings.</summary>
    public double EmbdPdrop { get; init; } = 0.1;

    /// <summary>Dropout of attention probabilities.</summary>
    public double AttnPdrop { get; init; } = 0.1;

    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary>Standard deviation of the initial matrices.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Whether attention scores are divided by √(width of a head).</summary>
    public bool ScaleAttnWeights { get; init; } = true;

    /// <summary>Whether attention scores of layer i (from 0) are divided by i + 1 too.</summary>
    public bool ScaleAttnByInverseLayerIdx { get; init; }

    /// <summary>Whether the head is the token embedding.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <exception cref="ModelsException">A field has a wrong type or value, or asks for something that is not built.</exception>
    public static Gpt2Config From(ConfigFile file)
    {
        var d = new Gpt2Config();
        file.Refuse("add_cross_attention", "cross attention is not built", "false");
        file.Refuse("is_encoder_decoder", "a GPT-2 here is a decoder alone", "false");
        file.Refuse("pruned_heads", "models with pruned heads are not built", "{}");
        file.Refuse("quantization_config", "quantized checkpoints are not built; take the one in float");
        var config = new Gpt2Config
        {
            VocabSize = file.Int("vocab_size", d.VocabSize),
            NPositions = file.IntOrNull("n_positions") ?? file.Int("max_position_embeddings", d.NPositions),
            NEmbd = file.IntOrNull("n_embd") ?? file.Int("hidden_size", d.NEmbd),
            NLayer = file.IntOrNull("n_layer", 0) ?? file.Int("num_hidden_layers", d.NLayer, 0),
            NHead = file.IntOrNull("n_head") ?? file.Int("num_attention_heads", d.NHead),
            NInner = file.IntOrNull("n_inner"),
            ActivationFunction = Activations.Check(file, "activation_function", file.Text("activation_function", d.ActivationFunction)!),
            ResidPdrop = file.Number("resid_pdrop", d.ResidPdrop, 0, 1),
            EmbdPdrop = file.Number("embd_pdrop", d.EmbdPdrop, 0, 1),
            AttnPdrop = file.Number("attn_pdrop", d.AttnPdrop, 0, 1),
            LayerNormEpsilon = file.Number("layer_norm_epsilon", d.LayerNormEpsilon),
            InitializerRange = file.Number("initializer_range", d.InitializerRange),
            ScaleAttnWeights = file.Flag("scale_attn_weights", d.ScaleAttnWeights),
            ScaleAttnByInverseLayerIdx = file.Flag("scale_attn_by_inverse_layer_idx", d.ScaleAttnByInverseLayerIdx),
            TieWordEmbeddings = file.Flag("tie_word_embeddings", d.TieWordEmbeddings),
        };
        file.Flag("reorder_and_upcast_attn", false); // an order of operations for half precision; in float32 the same
        return config.NEmbd % config.NHead == 0
            ? config
            : throw file.Wrong("n_embd", $"{config.NEmbd}", $"a multiple of n_head ({config.NHead})");
    }
}
