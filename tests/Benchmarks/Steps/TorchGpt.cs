using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>The peer of the GPT: ids → logits, written as TorchSharp's users write it.</summary>
internal sealed class TorchGpt : Module<Tensor, Tensor>
{
    private readonly Embedding wte;
    private readonly Embedding wpe;
    private readonly ModuleList<Block> h;
    private readonly LayerNorm ln_f;

    public TorchGpt(LanguageCase c) : base("gpt")
    {
        wte = Embedding(c.Vocabulary, c.Width);
        wpe = Embedding(c.Length, c.Width);
        h = new ModuleList<Block>([.. Enumerable.Range(0, c.Layers).Select(i => new Block(c, i))]);
        ln_f = LayerNorm(c.Width);
        RegisterComponents();
        TorchInitial.Copy(c, this, name => "transformer." + name.Replace("c_attn", "attn.c_attn").Replace(".c_proj", ".attn.c_proj").Replace("c_fc", "mlp.c_fc").Replace("mlp_proj", "mlp.c_proj"));
    }

    public override Tensor forward(Tensor ids)
    {
        var x = wte.forward(ids) + wpe.forward(arange(ids.shape[1], int64)); // [batch, block, width]
        foreach (var block in h)
        {
            x = block.forward(x);
        }

        return functional.linear(ln_f.forward(x), wte.weight!); // the head is tied
    }

    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly int _heads;
        private readonly LayerNorm ln_1;
        private readonly Linear c_attn;
        private readonly Linear c_proj;
        private readonly LayerNorm ln_2;
        private readonly Linear c_fc;
        private readonly Linear mlp_proj;

        public Block(LanguageCase c, int index) : base($"h{index}")
        {
            _heads = c.Heads;
            ln_1 = LayerNorm(c.Width);
            c_attn = Linear(c.Width, 3 * c.Width);
            c_proj = Linear(c.Width, c.Width);
            ln_2 = LayerNorm(c.Width);
            c_fc = Linear(c.Width, 4 * c.Width);
            mlp_proj = Linear(4 * c.Width, c.Width);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            var (batch, length, width) = (x.shape[0], x.shape[1], x.shape[2]);
            Tensor Heads(Tensor t) => t.view(batch, length, _heads, width / _heads).transpose(1, 2); // [batch, heads, length, width / heads]
            var qkv = c_attn.forward(ln_1.forward(x)).split(width, 2);
            var mixed = functional.scaled_dot_product_attention(Heads(qkv[0]), Heads(qkv[1]), Heads(qkv[2]), is_casual: true);
            x = x + c_proj.forward(mixed.transpose(1, 2).contiguous().view(batch, length, width));
            return x + mlp_proj.forward(functional.gelu(c_fc.forward(ln_2.forward(x))));
        }
    }
}
