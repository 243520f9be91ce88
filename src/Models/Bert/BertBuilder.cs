using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Models.Blocks;
using OnnxPipeline.Models.Heads;

namespace OnnxPipeline.Models.Bert;

/// <summary>
/// BERT (Devlin et al. 2018; https://github.com/huggingface/transformers/blob/v4.57.0/src/transformers/models/bert/modeling_bert.py), with the
/// initial parameters of the original (truncated normal). Inputs <c>input_ids</c>, <c>attention_mask</c> (0: nobody looks at the position) and
/// <c>token_type_ids</c>, [batch, sequence] int64. Outputs: head mlm <c>logits</c> [batch, sequence, vocab_size]; mlm-nsp
/// <c>prediction_logits</c> of that shape and <c>seq_relationship_logits</c> [batch, 2]. With the loss only the positions with a label go
/// through the head for it. Inside rows are flat, [batch·sequence, hidden_size], so that every projection is one Gemm.
/// </summary>
internal sealed class BertBuilder
{
    private readonly BertConfig _config;
    private readonly long _seed;
    private readonly GraphBuilder _root;
    private readonly Value _words;

    private BertBuilder(BertConfig config, long seed, GraphBuilder root)
    {
        (_config, _seed, _root) = (config, seed, root);
        _words = Matrix("bert.embeddings.word_embeddings.weight", config.VocabSize, config.HiddenSize);
    }

    public static Model Build(BertConfig config, BuildOptions options)
    {
        var graph = new Graph("bert");
        var model = new Model(graph) { IrVersion = BuiltModels.IrVersion, ProducerName = "onnxpipe" };
        model.OpsetImports.Add("", BuiltModels.Opset);
        var b = new GraphBuilder(graph, BuiltModels.Opset);
        new BertBuilder(config, options.Seed, b).AddHead(options);
        return model;
    }

    private void AddHead(BuildOptions options)
    {
        var (ids, mask, types) = (Ids("input_ids"), Ids("attention_mask"), Ids("token_type_ids"));
        var shape = _root.Shape(ids); // [batch, sequence]
        var hidden = Encoder(_root.Scoped("bert/"), ids, mask, types, shape); // [batch·sequence, hidden_size]
        var pairs = options.Head == NextSentence.Head.Name;
        var relationship = pairs ? Relationship(hidden, shape) : null;
        var predictions = Predictions();
        if (options.WithLoss)
        {
            var loss = MaskedToken.Loss(_root.Scoped("loss/"), hidden, ids, predictions, options.LabelSmoothing);
            _root.Output(pairs ? _root.Add(loss, NextSentence.Loss(_root.Scoped("loss/"), relationship!)) : loss, "loss");
        }

        var scores = predictions(_root.Scoped("cls/predictions/"), hidden); // [batch·sequence, vocab_size]
        var logits = _root.Reshape(scores, _root.Concat(0, shape, _root.Constant((long)_config.VocabSize))); // [batch, sequence, vocab_size]
        logits.Type = new TensorType(ElementType.Float, Shape.Of("batch", "sequence", _config.VocabSize));
        _root.Output(logits, pairs ? NextSentence.Head.Output : MaskedToken.Head.Output);
        if (pairs)
        {
            _root.Output(relationship!, "seq_relationship_logits");
        }
    }

    private Value Encoder(GraphBuilder b, Value ids, Value mask, Value types, Value shape)
    {
        var x = Embeddings(b.Scoped("embeddings/"), ids, types);
        var bias = PaddingMask.Bias(b.Scoped("mask/"), mask); // [batch, 1, 1, sequence]
        for (var layer = 0; layer < _config.NumHiddenLayers; layer++)
        {
            x = Layer(b.Scoped($"encoder/layer.{layer}/"), $"bert.encoder.layer.{layer}", x, bias, shape);
        }

        return x;
    }

    private Value Embeddings(GraphBuilder b, Value ids, Value types)
    {
        const string name = "bert.embeddings";
        var length = b.Squeeze(b.Shape(ids, 1, 2), 0);
        var positions = b.Range(b.Constant(Tensor.Scalar(0L)), length, b.Constant(Tensor.Scalar(1L))); // [sequence]
        var place = b.Gather(Matrix($"{name}.position_embeddings.weight", _config.MaxPositionEmbeddings, _config.HiddenSize), positions); // [sequence, hidden_size]
        var type = b.Gather(Matrix($"{name}.token_type_embeddings.weight", _config.TypeVocabSize, _config.HiddenSize), types);
        var sum = b.Add(b.Add(b.Gather(_words, ids), type), place); // [batch, sequence, hidden_size]
        return Dropout(b, Norm(b, $"{name}.LayerNorm", b.Reshape(sum, -1, _config.HiddenSize)), _config.HiddenDropoutProb); // [batch·sequence, hidden_size]
    }

    private Value Layer(GraphBuilder b, string name, Value x, Value bias, Value shape)
    {
        var (width, inner) = (_config.HiddenSize, _config.IntermediateSize);
        var attended = Attention(b.Scoped("attention/"), $"{name}.attention", x, bias, shape);
        x = Norm(b, $"{name}.attention.output.LayerNorm", b.Add(attended, x));
        var hidden = Activations.Apply(b, _config.HiddenAct, Linear(b, $"{name}.intermediate.dense", x, width, inner)); // [batch·sequence, intermediate_size]
        var mixed = Dropout(b, Linear(b, $"{name}.output.dense", hidden, inner, width), _config.HiddenDropoutProb);
        return Norm(b, $"{name}.output.LayerNorm", b.Add(mixed, x));
    }

    private Value Attention(GraphBuilder b, string name, Value x, Value bias, Value shape)
    {
        long heads = _config.NumAttentionHeads, width = _config.HiddenSize, each = width / heads;
        var apart = b.Concat(0, shape, b.Constant(heads, each));
        Value Part(string part) => b.Reshape(Linear(b, $"{name}.self.{part}", x, width, width), apart); // [batch, sequence, heads, each]
        var query = b.Transpose(b.Mul(Part("query"), b.Constant((float)(1 / Math.Sqrt(each)))), 0, 2, 1, 3); // [batch, heads, sequence, each]
        var key = b.Transpose(Part("key"), 0, 2, 3, 1); // [batch, heads, each, sequence]
        var value = b.Transpose(Part("value"), 0, 2, 1, 3); // [batch, heads, sequence, each]
        var weights = Dropout(b, b.Softmax(b.Add(b.MatMul(query, key), bias)), _config.AttentionProbsDropoutProb); // [batch, heads, sequence, sequence]
        var mixed = b.Transpose(b.MatMul(weights, value), 0, 2, 1, 3); // [batch, sequence, heads, each]
        var rows = b.Reshape(mixed, -1, width); // [batch·sequence, hidden_size]
        return Dropout(b, Linear(b, $"{name}.output.dense", rows, width, width), _config.HiddenDropoutProb);
    }

    /// <summary>The head over the vocabulary, [rows, hidden_size] → [rows, vocab_size]; its parameters are made once.</summary>
    private Func<GraphBuilder, Value, Value> Predictions()
    {
        const string name = "cls.predictions";
        var width = _config.HiddenSize;
        var (weight, shift) = (Matrix($"{name}.transform.dense.weight", width, width), Vector($"{name}.transform.dense.bias", 0, width));
        var (scale, center) = (Vector($"{name}.transform.LayerNorm.weight", 1, width), Vector($"{name}.transform.LayerNorm.bias", 0, width));
        var decoder = _config.TieWordEmbeddings ? _words : Matrix($"{name}.decoder.weight", _config.VocabSize, width);
        var bias = Vector($"{name}.bias", 0, _config.VocabSize);
        return (b, x) =>
        {
            x = Activations.Apply(b, _config.HiddenAct, b.Op("Gemm", [x, weight, shift], [("transB", 1)]));
            x = b.LayerNormalization(x, scale, center, -1, (float)_config.LayerNormEps);
            return b.Op("Gemm", [x, decoder, bias], [("transB", 1)], name: "decoder");
        };
    }

    /// <summary>The pooler (tanh of a projection of the first position) and the scores of the next-sentence head: [batch, 2].</summary>
    private Value Relationship(Value hidden, Value shape)
    {
        var b = _root.Scoped("bert/pooler/");
        long width = _config.HiddenSize;
        var apart = b.Reshape(hidden, b.Concat(0, shape, b.Constant(width))); // [batch, sequence, hidden_size]
        var first = b.Gather(apart, b.Constant(Tensor.Scalar(0L)), 1); // [batch, hidden_size]
        var pooled = b.Tanh(Linear(b, "bert.pooler.dense", first, width, width));
        var scores = Linear(_root.Scoped("cls/"), "cls.seq_relationship", pooled, width, NextSentence.Classes);
        scores.Type = new TensorType(ElementType.Float, Shape.Of("batch", NextSentence.Classes));
        return scores;
    }

    // x·Wᵀ + b with W [out, in]
    private Value Linear(GraphBuilder b, string name, Value x, long from, long to) =>
        b.Op("Gemm", [x, Matrix($"{name}.weight", to, from), Vector($"{name}.bias", 0, to)], [("transB", 1)], name: "Gemm_" + name[(name.LastIndexOf('.') + 1)..]);

    private Value Norm(GraphBuilder b, string name, Value x) => b.LayerNormalization(
        x, Vector($"{name}.weight", 1, _config.HiddenSize), Vector($"{name}.bias", 0, _config.HiddenSize), -1, (float)_config.LayerNormEps);

    private Value Ids(string name) => _root.Input(name, ElementType.Int64, ["batch", "sequence"]);

    private Value Matrix(string name, long rows, long columns) => _root.Initializer(name, Initialization.TruncatedNormal(_seed, name, _config.InitializerRange, rows, columns));

    private Value Vector(string name, float value, long length) => _root.Initializer(name, Initialization.Constant(value, length));

    private static Value Dropout(GraphBuilder b, Value x, double ratio) => ratio == 0 ? x : b.Op("Dropout", [x, b.Constant((float)ratio)]);
}
