using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.Tests;

/// <summary>
/// A training model, an evaluation model and a checkpoint, derived by hand: x + shift → MatMul w1 → Dropout → LayerNormalization → MatMul w2 → cross-entropy,
/// the mean over rows. Trained are w1, scale, bias and w2; shift is frozen. The further output is <c>logits</c>.
/// </summary>
internal static class SmallClassifier
{
    public const int Width = 4, Hidden = 24, Classes = 5;

    public static readonly string[] Names = ["w1", "shift", "scale", "bias", "w2"];

    private const string Microsoft = "com.microsoft";

    public static OdtcCheckpoint Checkpoint()
    {
        var random = new Random(3);
        Tensor Some(params long[] dims)
        {
            var values = new float[dims.Aggregate(1L, (n, d) => n * d)];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)(random.NextDouble() - 0.5);
            }

            return Tensor.From<float>(values, dims);
        }

        return new OdtcCheckpoint
        {
            Trainable = [new("w1", Some(Width, Hidden)), new("scale", Some(Hidden)), new("bias", Some(Hidden)), new("w2", Some(Hidden, Classes))],
            Frozen = [new("shift", Some(Width))],
        };
    }

    public static Model Training(float dropout = 0) => Build(dropout, training: true);

    /// <summary>The same training model with the gradient of the loss in another form, as <paramref name="change"/> makes it.</summary>
    public static Model Training(Action<Node, GraphBuilder> change)
    {
        var model = Training();
        var node = model.Graph.Nodes.Single(node => node.OpType == "SoftmaxCrossEntropyLossGrad");
        change(node, new GraphBuilder(model.Graph, 18, before: node));
        return model;
    }

    public static Model Evaluation() => Build(0, training: false);

    private static Model Build(float dropout, bool training)
    {
        var graph = new Graph("classifier");
        var b = new GraphBuilder(graph, 18);
        Value Typed(Value value, params ReadOnlySpan<Dim> dims)
        {
            value.Type ??= new TensorType(ElementType.Float, Shape.Of(dims));
            return value;
        }

        var x = b.Input("x", ElementType.Float, ["batch", Width]);
        var labels = b.Input("labels", ElementType.Int64, ["batch"]);
        var w1 = b.Input("w1", ElementType.Float, [Width, Hidden]);
        var shift = b.Input("shift", ElementType.Float, [Width]);
        var scale = b.Input("scale", ElementType.Float, [Hidden]);
        var bias = b.Input("bias", ElementType.Float, [Hidden]);
        var w2 = b.Input("w2", ElementType.Float, [Hidden, Classes]);

        var shifted = Typed(b.Add(x, shift), "batch", Width);
        var hidden = Typed(b.MatMul(shifted, w1), "batch", Hidden);
        var ratio = b.Initializer("ratio", Tensor.Scalar(dropout));
        var on = b.Initializer("on", Tensor.Scalar(true));
        Value? mask = null;
        var kept = hidden;
        if (training)
        {
            var drop = b.Ops("Dropout", [hidden, ratio, on], 2, name: "drop");
            (kept, mask) = (Typed(drop.Outputs[0], "batch", Hidden), drop.Outputs[1]);
            mask.Type = new TensorType(ElementType.Bool, ["batch", Hidden]);
        }

        var norm = b.Ops("LayerNormalization", [kept, scale, bias], 3, [("axis", -1), ("epsilon", 1e-5f)], name: "norm");
        var normal = Typed(norm.Outputs[0], "batch", Hidden);
        Typed(norm.Outputs[1], "batch", 1);
        Typed(norm.Outputs[2], "batch", 1);
        var logits = Typed(b.MatMul(normal, w2), "batch", Classes);
        var entropy = b.Ops("SoftmaxCrossEntropyLoss", [logits, labels], 2, [("reduction", "sum"), ("ignore_index", -100)], name: "entropy");
        Typed(entropy.Outputs[0]);
        Typed(entropy.Outputs[1], "batch", Classes);
        var share = Typed(b.Reciprocal(Typed(b.Cast(b.Size(labels), ElementType.Float))));
        b.Output(Typed(b.Mul(entropy.Outputs[0], share)), "loss");
        b.Output(logits, "logits");
        if (training)
        {
            var dLogits = Typed(b.Op("SoftmaxCrossEntropyLossGrad", [share, entropy.Outputs[1], labels], [("reduction", "sum"), ("ignore_index", -100)], Microsoft), "batch", Classes);
            var dNormal = Typed(b.Gemm(dLogits, w2, transB: true), "batch", Hidden);
            var back = b.Ops("LayerNormalizationGrad", [dNormal, kept, scale, norm.Outputs[1], norm.Outputs[2]], 3, [("axis", -1)], Microsoft, "norm_grad");
            Typed(back.Outputs[0], "batch", Hidden);
            var dHidden = Typed(b.Op("DropoutGrad", [back.Outputs[0], mask, ratio, on], domain: Microsoft), "batch", Hidden);
            Accumulate(b, ("w1", b.Gemm(shifted, dHidden, transA: true)), ("scale", back.Outputs[1]), ("bias", back.Outputs[2]), ("w2", b.Gemm(normal, dLogits, transA: true)));
        }

        var model = new Model(graph) { IrVersion = 8 };
        model.OpsetImports.Add("", 18);
        model.OpsetImports.Add(Microsoft, 1);
        return model;
    }

    private static void Accumulate(GraphBuilder b, params ReadOnlySpan<(string Parameter, Value Gradient)> gradients)
    {
        var reset = new Value("lazy_reset_grad", ElementType.Bool, [1]);
        foreach (var (parameter, gradient) in gradients)
        {
            var type = b.Graph.Inputs.Find(input => input.Name == parameter)!.Type;
            gradient.Type ??= type;
            var buffer = new Value($"{parameter}_grad.accumulation.buffer", type);
            b.Graph.Inputs.Add(buffer);
            b.Output(b.Op("InPlaceAccumulatorV2", [buffer, gradient, reset], domain: Microsoft), $"{parameter}_grad.accumulation.out");
        }

        b.Graph.Inputs.Add(reset);
    }
}
