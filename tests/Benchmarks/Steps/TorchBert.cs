using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>The peer of the BERT with its head for masked tokens: ids → logits. It takes no padding mask, which full rows do not need: so it is faster.</summary>
internal sealed class TorchBert : Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-12;

    private readonly Embedding word_embeddings;
    private readonly Embedding position_embeddings;
    private readonly Embedding token_type_embeddings;
    private readonly LayerNorm norm;
    private readonly ModuleList<Layer> layer;
    private readonly Linear transform;
    private readonly LayerNorm transform_norm;
    private readonly Parameter bias;

    public TorchBert(LanguageCase c) : base("bert")
    {
        word_embeddings = Embedding(c.Vocabulary, c.Width);
        position_embeddings = Embedding(c.Length, c.Width);
        token_type_embeddings = Embedding(2, c.Width);
        norm = LayerNorm(c.Width, Epsilon);
        layer = new ModuleList<Layer>([.. Enumerable.Range(0, c.Layers).Select(i => new Layer(c, i))]);
        transform = Linear(c.Width, c.Width);
        transform_norm = LayerNorm(c.Width, Epsilon);
        bias = Parameter(zeros(c.Vocabulary));
        RegisterComponents();
        TorchInitial.Copy(c, this, Ours);
    }

    public override Tensor forward(Tensor ids)
    {
        var places = arange(ids.shape[1], int64);
        var x = norm.forward(word_embeddings.forward(ids) + token_type_embeddings.forward(zeros_like(ids)) + position_embeddings.forward(places)); // [batch, length, width]
        foreach (var one in layer)
        {
            x = one.forward(x);
        }

        x = transform_norm.forward(functional.gelu(transform.forward(x)));
        return functional.linear(x, word_embeddings.weight!, bias); // the decoder is tied
    }

    /// <summary>The name in Hugging Face checkpoints, which is ours.</summary>
    private static string Ours(string name) => name.Split('.') switch
    {
        ["bias"] => "cls.predictions.bias",
        ["norm", var part] => $"bert.embeddings.LayerNorm.{part}",
        ["transform", var part] => $"cls.predictions.transform.dense.{part}",
        ["transform_norm", var part] => $"cls.predictions.transform.LayerNorm.{part}",
        ["layer", var layer, var inner, var part] => $"bert.encoder.layer.{layer}." + inner switch
        {
            "query" or "key" or "value" => $"attention.self.{inner}",
            "output" => "attention.output.dense",
            "attention_norm" => "attention.output.LayerNorm",
            "intermediate" => "intermediate.dense",
            "dense" => "output.dense",
            _ => "output.LayerNorm", // output_norm
        } + $".{part}",
        _ => $"bert.embeddings.{name}",
    };

    private sealed class Layer : Module<Tensor, Tensor>
    {
        private readonly int _heads;
        private readonly Linear query;
        private readonly Linear key;
        private readonly Linear value;
        private readonly Linear output;
        private readonly LayerNorm attention_norm;
        private readonly Linear intermediate;
        private readonly Linear dense;
        private readonly LayerNorm output_norm;

        public Layer(LanguageCase c, int index) : base($"layer{index}")
        {
            _heads = c.Heads;
            query = Linear(c.Width, c.Width);
            key = Linear(c.Width, c.Width);
            value = Linear(c.Width, c.Width);
            output = Linear(c.Width, c.Width);
            attention_norm = LayerNorm(c.Width, Epsilon);
            intermediate = Linear(c.Width, 4 * c.Width);
            dense = Linear(4 * c.Width, c.Width);
            output_norm = LayerNorm(c.Width, Epsilon);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            var (batch, length, width) = (x.shape[0], x.shape[1], x.shape[2]);
            Tensor Heads(Tensor t) => t.view(batch, length, _heads, width / _heads).transpose(1, 2); // [batch, heads, length, width / heads]
            var mixed = functional.scaled_dot_product_attention(Heads(query.forward(x)), Heads(key.forward(x)), Heads(value.forward(x)));
            x = attention_norm.forward(output.forward(mixed.transpose(1, 2).contiguous().view(batch, length, width)) + x);
            return output_norm.forward(dense.forward(functional.gelu(intermediate.forward(x))) + x);
        }
    }
}
