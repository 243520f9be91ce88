using System.Text;
using OnnxPipeline.Ir;
using OnnxPipeline.Models;

namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>A language model whose training step is measured: AdamW, clip 1.0, no dropout, decay on matrices only.</summary>
internal sealed record LanguageCase(string Family, int Layers, int Heads, int Width, int Length, int Batch, int Vocabulary)
{
    public const float WeightDecay = 0.1f;
    public const float Beta1 = 0.9f;
    public const float Beta2 = 0.99f;
    public const float MaxGradNorm = 1;

    /// <summary>Of the labels of masked language models.</summary>
    private const double Masked = 0.15;

    /// <summary>nanoGPT's small recipe for a processor: 65 characters, the next one at every position.</summary>
    public static LanguageCase Gpt { get; } = new("gpt2", 4, 4, 128, 64, 12, 65);

    /// <summary>A small BERT with the whole vocabulary.</summary>
    public static LanguageCase Bert { get; } = new("bert", 4, 8, 512, 128, 16, 30522);

    public float LearningRate => Family == "bert" ? 1e-4f : 1e-3f;

    public string Head => Family == "bert" ? "mlm" : "clm";

    /// <summary>Multiplications of the matrix products of a step; backward has two for each of forward.</summary>
    public double Products
    {
        get
        {
            var layer = (12.0 * Width * Width) + (2.0 * Length * Width); // projections, scores and mixing
            var head = ((double)Vocabulary * Width) + (Family == "bert" ? (double)Width * Width : 0);
            return 3.0 * Batch * Length * ((Layers * layer) + head);
        }
    }

    /// <summary>Token ids and labels, row by row; the same for everybody.</summary>
    /// <param name="masked">Labels at 15 % of the positions, elsewhere −100; else everywhere.</param>
    public (long[] Ids, long[] Labels) Data(int step, bool masked = false)
    {
        var random = new Random(step % 16);
        var ids = new long[Batch * Length];
        var labels = new long[ids.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            (ids[i], labels[i]) = (random.Next(Vocabulary), random.Next(Vocabulary));
            labels[i] = masked && random.NextDouble() >= Masked ? -100 : labels[i];
        }

        return (ids, labels);
    }

    /// <summary>The model with the initial values that both sides start from.</summary>
    public Model Build(bool withLoss) => FamilyTable.Build(Config(), new BuildOptions(Head, withLoss, Seed: 0));

    private ConfigFile Config() => ConfigFile.Parse(Encoding.UTF8.GetBytes(FormattableString.Invariant(Family == "bert" ? (FormattableString)
        $$"""
        {
          "model_type": "bert", "vocab_size": {{Vocabulary}}, "max_position_embeddings": {{Length}}, "hidden_size": {{Width}}, "intermediate_size": {{4 * Width}},
          "num_hidden_layers": {{Layers}}, "num_attention_heads": {{Heads}}, "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0
        }
        """ :
        $$"""
        {
          "model_type": "gpt2", "vocab_size": {{Vocabulary}}, "n_positions": {{Length}}, "n_embd": {{Width}}, "n_layer": {{Layers}}, "n_head": {{Heads}},
          "activation_function": "gelu", "resid_pdrop": 0, "embd_pdrop": 0, "attn_pdrop": 0
        }
        """)), "the benchmark's configuration");
}
