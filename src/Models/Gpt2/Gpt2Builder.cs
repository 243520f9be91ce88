using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Models.Blocks;
using OnnxPipeline.Models.Heads;

namespace OnnxPipeline.Models.Gpt2;

/// <summary>
/// GPT-2 (Radford et al. 2019; https://github.com/huggingface/transformers/blob/v4.57.0/src/transformers/models/gpt2/modeling_gpt2.py).
/// Inputs <c>input_ids</c> and <c>attention_mask</c> [batch, sequence] int64 (mask 0: nobody looks at the position), output <c>logits</c>
/// [batch, sequence, vocab_size]. Between the embeddings and the head rows are flat, [batch·sequence, n_embd], so that every projection is
/// one Gemm.
/// </summary>
internal sealed class Gpt2Builder
{
    private readonly Gpt2Config _config;
    private readonly long _seed;
    private readonly GraphBuilder _root;

    private Gpt2Builder(Gpt2Config config, long seed, GraphBuilder root) => (_config, _seed, _root) = (config, seed, root);

    public static Model Build(Gpt2Config config, BuildOptions options)
    {
        var graph = new Graph("gpt2");
        var model = new Model(graph) { IrVersion = BuiltModels.IrVersion, ProducerName = "onnxpipe" };
        model.OpsetImports.Add("", BuiltModels.Opset);
        var b = new GraphBuilder(graph, BuiltModels.Opset);
        var ids = b.Input("input_ids", ElementType.Int64, ["batch", "sequence"]);
        var mask = b.Input("attention_mask", ElementType.Int64, ["batch", "sequence"]);
        var logits = new Gpt2Builder(config, options.Seed, b).Logits(ids, mask);
        if (options.WithLoss)
        {
            b.Output(NextToken.Loss(b.Scoped("loss/"), logits, ids, options.LabelSmoothing), "loss");
        }

        b.Output(logits, "logits");
        return model;
    }

    private Value Logits(Value ids, Value mask)
    {
        var b = _root.Scoped("transformer/");
        long width = _config.NEmbd;
        var shape = b.Shape(ids); // [batch, sequence]
        var length = b.Squeeze(b.Shape(ids, 1, 2), 0);
        var wte = Matrix("transformer.wte.weight", _config.InitializerRange, _config.VocabSize, width);
        var wpe = Matrix("transformer.wpe.weight", _config.InitializerRange, _config.NPositions, width);
        var positions = b.Range(b.Constant(Tensor.Scalar(0L)), length, b.Constant(Tensor.Scalar(1L))); // [sequence]
        var embedded = b.Add(b.Gather(wte, ids), b.Gather(wpe, positions)); // [batch, sequence, n_embd]
        var x = Dropout(b, b.Reshape(embedded, -1, width), _config.EmbdPdrop); // [batch·sequence, n_embd]

        var bias = CausalMask.Bias(b.Scoped("mask/"), positions, mask); // [batch, 1, sequence, sequence]
        for (var layer = 0; layer < _config.NLayer; layer++)
        {
            x = Block(b.Scoped($"h.{layer}/"), $"transformer.h.{layer}", layer, x, bias, shape);
        }

        x = Norm(b, "transformer.ln_f", x);
        var head = _config.TieWordEmbeddings ? wte : Matrix("lm_head.weight", _config.InitializerRange, _config.VocabSize, width);
        var scores = _root.Op("Gemm", [x, head], [("transB", 1)], name: "lm_head"); // [batch·sequence, vocab_size]
        var logits = _root.Reshape(scores, _root.Concat(0, shape, _root.Constant((long)_config.VocabSize))); // [batch, sequence, vocab_size]
        logits.Type = new TensorType(ElementType.Float, Shape.Of("batch", "sequence", _config.VocabSize));
        return logits;
    }

    private Value Block(GraphBuilder b, string name, int layer, Value x, Value bias, Value shape)
    {
        var attended = Attention(b.Scoped("attn/"), $"{name}.attn", layer, Norm(b, $"{name}.ln_1", x), bias, shape);
        x = b.Add(x, attended);
        var mixed = Mlp(b.Scoped("mlp/"), $"{name}.mlp", Norm(b, $"{name}.ln_2", x));
        return b.Add(x, mixed);
    }

    private Value Attention(GraphBuilder b, string name, int layer, Value x, Value bias, Value shape)
    {
        long heads = _config.NHead, width = _config.NEmbd, each = width / heads;
        var qkv = Conv1D(b, $"{name}.c_attn", x, width, 3 * width, _config.InitializerRange); // [batch·sequence, 3·n_embd]
        var apart = b.Reshape(qkv, b.Concat(0, shape, b.Constant(3, heads, each))); // [batch, sequence, 3, n_head, each]
        var parts = b.Split(b.Transpose(apart, 2, 0, 3, 1, 4), b.Constant(1, 1, 1), 3, 0); // three of [1, batch, n_head, sequence, each]
        var (query, key, value) = (b.Squeeze(parts[0], 0), b.Squeeze(parts[1], 0), b.Squeeze(parts[2], 0));

        var scale = (_config.ScaleAttnWeights ? 1 / Math.Sqrt(each) : 1) / (_config.ScaleAttnByInverseLayerIdx ? layer + 1 : 1);
        query = scale == 1 ? query : b.Mul(query, b.Constant((float)scale));
        var scores = b.Add(b.MatMul(query, b.Transpose(key, 0, 1, 3, 2)), bias); // [batch, n_head, sequence, sequence]
        var weights = Dropout(b, b.Softmax(scores), _config.AttnPdrop);
        var mixed = b.Transpose(b.MatMul(weights, value), 0, 2, 1, 3); // [batch, sequence, n_head, each]
        var rows = b.Reshape(mixed, -1, width); // [batch·sequence, n_embd]
        return Dropout(b, Conv1D(b, $"{name}.c_proj", rows, width, width, ResidualRange), _config.ResidPdrop);
    }

    private Value Mlp(GraphBuilder b, string name, Value x)
    {
        long width = _config.NEmbd, inner = _config.NInner ?? 4 * width;
        var hidden = Activations.Apply(b, _config.ActivationFunction, Conv1D(b, $"{name}.c_fc", x, width, inner, _config.InitializerRange)); // [batch·sequence, n_inner]
        return Dropout(b, Conv1D(b, $"{name}.c_proj", hidden, inner, width, ResidualRange), _config.ResidPdrop);
    }

    /// <summary>The paper scales what each residual layer adds at the start by 1/√N, N = 2 · n_layer of them.</summary>
    private double ResidualRange => _config.InitializerRange / Math.Sqrt(2.0 * _config.NLayer);

    // x·W + b with W [in, out]: the checkpoints call it Conv1D
    private Value Conv1D(GraphBuilder b, string name, Value x, long from, long to, double range) =>
        b.Op("Gemm", [x, Matrix($"{name}.weight", range, from, to), _root.Initializer($"{name}.bias", Initialization.Constant(0, to))], name: "Gemm_" + name[(name.LastIndexOf('.') + 1)..]);

    private Value Norm(GraphBuilder b, string name, Value x) => b.LayerNormalization(
        x, _root.Initializer($"{name}.weight", Initialization.Constant(1, _config.NEmbd)), _root.Initializer($"{name}.bias", Initialization.Constant(0, _config.NEmbd)), -1, (float)_config.LayerNormEpsilon);

    private Value Matrix(string name, double deviation, long rows, long columns) => _root.Initializer(name, Initialization.Normal(_seed, name, deviation, rows, columns));

    private static Value Dropout(GraphBuilder b, Value x, double ratio) => ratio == 0 ? x : b.Op("Dropout", [x, b.Constant((float)ratio)]);
}
