using OnnxPipeline.Autodiff;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Fuzz;

/// <summary>Sound models, small, with what real ones have: what damage starts from.</summary>
internal static class Samples
{
    /// <summary>As files.</summary>
    public static IReadOnlyList<byte[]> Files { get; } = [.. new[] { Perceptron(), Encoder(), Image(), Sequence(), Tensors(), Structures(), Older(), Trained() }.Select(ModelFile.ToBytes)];

    private static Model Perceptron()
    {
        var b = Start(21, out var x, "batch", 8);
        var hidden = b.Relu(b.Gemm(x, Weight(b, "fc1.weight", 16, 8), Weight(b, "fc1.bias", 16), transB: true));
        b.Output(b.Add(b.MatMul(hidden, Weight(b, "fc2.weight", 16, 4)), Weight(b, "fc2.bias", 4)), "y");
        return Finish(b);
    }

    /// <summary>As exporters write attention: shapes by chains, normalization and Gelu spelled out.</summary>
    private static Model Encoder()
    {
        var b = Start(17, out var ids, ElementType.Int64, "batch", "sequence");
        var x = b.Add(b.Gather(Weight(b, "embedding", 20, 8), ids), b.Gather(Weight(b, "positions", 12, 8), b.Range(Zero(b), b.Squeeze(b.Shape(ids, 1, 2), 0), One(b))));
        Value Heads(string name)
        {
            var split = b.Concat(0, b.Unsqueeze(b.Gather(b.Shape(x), Zero(b)), 0), b.Unsqueeze(b.Gather(b.Shape(x), One(b)), 0), b.Constant(2), b.Constant(4));
            return b.Transpose(b.Reshape(b.Add(b.MatMul(x, Weight(b, name, 8, 8)), Weight(b, name + ".bias", 8)), split), 0, 2, 1, 3);
        }

        var scores = b.Softmax(b.Div(b.MatMul(Heads("q"), b.Transpose(Heads("k"), 0, 1, 3, 2)), b.Constant(2f)));
        var joined = b.Reshape(b.Transpose(b.MatMul(scores, Heads("v")), 0, 2, 1, 3), b.Concat(0, b.Slice(b.Shape(x), b.Constant(0), b.Constant(2), b.Constant(0)), b.Constant(8)));
        var sum = b.Add(x, joined);
        var centered = b.Sub(sum, b.Op("ReduceMean", [sum], [("axes", new long[] { -1 })]));
        var normal = b.Div(centered, b.Sqrt(b.Add(b.Op("ReduceMean", [b.Pow(centered, b.Constant(2f))], [("axes", new long[] { -1 })]), b.Constant(1e-5f))));
        var y = b.Add(b.Mul(normal, Weight(b, "norm.weight", 8)), Weight(b, "norm.bias", 8));
        var gelu = b.Mul(b.Mul(y, b.Add(b.Erf(b.Div(y, b.Constant(1.41421354f))), b.Constant(1f))), b.Constant(0.5f));
        b.Output(b.MatMul(gelu, Weight(b, "head", 8, 5)), "y");
        return Finish(b);
    }

    private static Model Image()
    {
        var b = Start(18, out var x, "batch", 2, 8, 8);
        var c = b.Op("Conv", [x, Weight(b, "conv.weight", 4, 1, 3, 3), Weight(b, "conv.bias", 4)], [("pads", new long[] { 1, 1, 1, 1 }), ("strides", new long[] { 1, 1 }), ("group", 2), ("dilations", new long[] { 1, 1 })]);
        var n = b.Op("BatchNormalization", [c, Weight(b, "bn.weight", 4), Weight(b, "bn.bias", 4), Weight(b, "bn.mean", 4), Weight(b, "bn.var", 4)], [("epsilon", 1e-5f)]);
        var p = b.Op("MaxPool", [b.Relu(n)], [("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 }), ("ceil_mode", 1)]);
        var up = b.Op("ConvTranspose", [p, Weight(b, "up.weight", 4, 2, 2, 2)], [("strides", new long[] { 2, 2 }), ("output_padding", new long[] { 0, 0 })]);
        var a = b.Op("AveragePool", [up], [("kernel_shape", new long[] { 3, 3 }), ("auto_pad", "SAME_UPPER")]);
        var g = b.Op("GlobalAveragePool", [b.Concat(1, a, up)]);
        b.Output(b.Gemm(b.Op("Flatten", [g], [("axis", 1)]), Weight(b, "fc", 4, 3)), "y");
        return Finish(b);
    }

    private static Model Sequence()
    {
        var b = Start(14, out var x, 5, "batch", 4);
        var lstm = b.Ops("LSTM", [x, Weight(b, "W", 2, 12, 4), Weight(b, "R", 2, 12, 3), Weight(b, "B", 2, 24)], 3, [("hidden_size", 3), ("direction", "bidirectional")]);
        var gru = b.Op("GRU", [b.Reshape(b.Transpose(lstm.Outputs[0], 0, 2, 1, 3), 5, -1, 6), Weight(b, "W2", 1, 6, 6), Weight(b, "R2", 1, 6, 2)], [("hidden_size", 2), ("linear_before_reset", 1)]);
        b.Output(b.MatMul(b.Squeeze(gru, 1), Weight(b, "head", 2, 3)), "y");
        return Finish(b);
    }

    private static Model Tensors()
    {
        var b = Start(18, out var x, 2, 3, 4);
        var w = b.Mul(x, Weight(b, "w", 4));
        var padded = b.Pad(w, b.Constant(0, 1, 1, 0, 1, 2), null);
        var sliced = b.Slice(padded, b.Constant(-1, 0), b.Constant(long.MinValue, 4), b.Constant(2, 1), b.Constant(-2, 1));
        var tiled = b.Op("Tile", [sliced, b.Constant(1, 2, 1)]);
        var top = b.Ops("TopK", [tiled, b.Constant(3)], 2, [("axis", 1)]);
        var gathered = b.Op("GatherND", [top.Outputs[0], b.Constant(Tensor.From<long>([0, 1, 1, 2], 2, 2))]);
        var scattered = b.ScatterElements(b.Expand(b.Constant(0f), b.Constant(2, 4)), b.Constant(Tensor.From<long>([0, 3, 1, 2], 2, 2)), b.Slice(gathered, b.Constant(0), b.Constant(2), b.Constant(1)), 1, "add");
        var einsum = b.Op("Einsum", [x, b.Trilu(Weight(b, "e", 4, 4))], [("equation", "abc,cd->ad")]);
        var split = b.Ops("Split", [einsum, b.Constant(1, 3)], 2, [("axis", 1)]);
        var hot = b.OneHot(b.Constant(1, 3), b.Constant(Tensor.Scalar(4L)), b.Constant(Tensor.From([0f, 1f], 2)));
        var picked = b.Op("CumSum", [b.Op("Where", [b.Op("Greater", [hot, b.Constant(0f)]), scattered, b.Concat(1, split.Outputs[1], split.Outputs[0])]), b.Constant(Tensor.Scalar(1L))]);
        var shape = b.Op("Resize", [b.Unsqueeze(picked, 0, 1), null, b.Constant(Tensor.From([1f, 1f, 2f, 2f], 4))], [("mode", "nearest")]);
        b.Output(b.ReduceMean(b.Op("ReduceMax", [b.Op("Clip", [shape, b.Constant(-1f), b.Constant(1f)]), b.Constant(0)]), [0, 1], keepDims: false), "y");
        return Finish(b);
    }

    /// <summary>A local function with a default attribute, branches and a loop that capture, a sparse initializer.</summary>
    private static Model Structures()
    {
        var b = Start(18, out var x, "batch", 4);
        var flag = b.Input("flag", ElementType.Bool, []);
        var h = b.MatMul(x, Weight(b, "w", 4, 4));
        var chosen = b.Op("If", [flag], [("then_branch", Branch(c => c.Neg(h))), ("else_branch", Branch(c => c.Add(h, c.Constant(1f))))]);
        chosen.Type = h.Type;
        var body = new GraphBuilder(new Graph("body"), 18);
        body.Input("i", ElementType.Int64, []);
        var again = body.Input("again", ElementType.Bool, []);
        var state = body.Input("state", ElementType.Float, ["batch", 4]);
        body.Output(body.Identity(again), "again_out");
        body.Output(body.Add(state, h), "state_out");
        var looped = b.Op("Loop", [b.Constant(Tensor.Scalar(3L)), null, chosen], [("body", new GraphAttribute(body.Graph))]);
        looped.Type = h.Type;
        var called = b.Op("Twice", [looped], [("scale", 2f)], "local");
        called.Type = h.Type;
        b.Output(b.MatMul(called, Weight(b, "v", 4, 2)), "y");
        var model = Finish(b);
        model.OpsetImports.Add("local", 1);
        var function = new Function("local", "Twice");
        var (input, factor) = (new Value("x"), new Node("", "Constant", [], [new Value("factor")]) { Attributes = { ["value_float"] = new ReferenceAttribute("scale", 1) } });
        function.Body.Inputs.Add(input);
        function.Body.Nodes.Add(factor);
        function.Body.Nodes.Add(new Node("", "Mul", [input, factor.Outputs[0]], [new Value("product")]));
        function.Body.Outputs.Add(function.Body.Nodes.Last!.Outputs[0]);
        function.DefaultAttributes.Add("scale", 2f);
        function.OpsetImports.Add("", 18);
        model.Functions.Add(function);
        return model;
    }

    /// <summary>Attributes in the place of inputs, as below opset 13.</summary>
    private static Model Older()
    {
        var b = Start(11, out var x, "batch", 6);
        var h = b.Op("Unsqueeze", [b.Op("Gemm", [x, Weight(b, "w", 6, 4), Weight(b, "c", 4)])], [("axes", new long[] { 1 })]);
        var parts = b.Ops("Split", [h], 2, [("axis", 2), ("split", new long[] { 2, 2 })]);
        var sum = b.Op("ReduceSum", [b.Op("Concat", [parts.Outputs[1], parts.Outputs[0]], [("axis", 1)])], [("axes", new long[] { 1 }), ("keepdims", 0)]);
        var padded = b.Op("Pad", [b.Op("Softmax", [sum], [("axis", 1)]), b.Constant(0, 1, 0, 1)]);
        b.Output(b.Op("Squeeze", [b.Op("Upsample", [b.Op("Unsqueeze", [padded], [("axes", new long[] { 0, 1 })]), b.Constant(Tensor.From([1f, 1, 1, 2], 4))], [("mode", "nearest")])], [("axes", new long[] { 0, 1 })]), "y");
        return Finish(b);
    }

    /// <summary>Gradients with their bodies.</summary>
    private static Model Trained()
    {
        var model = Encoder();
        OpsetConversion.Raise(model);
        ShapeInference.Infer(model);
        var build = new GraphBuilder(model.Graph, model.Opset);
        var loss = build.ReduceMeanAll(build.Op("Gelu", [model.Graph.Outputs[0]], domain: "com.microsoft"));
        var gradients = Backward.Append(model.Graph, model.OpsetImports, loss, model.Graph.Initializers.Where(v => v.Element == ElementType.Float).ToList());
        model.Graph.Outputs.Clear();
        model.Graph.Outputs.AddRange(gradients.Values.Prepend(loss));
        FunctionLibrary.Default.AddBodies(model);
        return model;
    }

    private static GraphBuilder Start(int opset, out Value x, params ReadOnlySpan<Dim> shape) => Start(opset, out x, ElementType.Float, shape);

    private static GraphBuilder Start(int opset, out Value x, ElementType type, params ReadOnlySpan<Dim> shape)
    {
        var build = new GraphBuilder(new Graph("g"), opset);
        x = build.Input("x", type, Shape.Of(shape));
        return build;
    }

    private static Model Finish(GraphBuilder build)
    {
        var model = new Model(build.Graph) { IrVersion = 8 };
        model.OpsetImports.Add("", build.Opset);
        return model;
    }

    private static Value Weight(GraphBuilder b, string name, params long[] dims)
    {
        var random = new Random(name.Length);
        return b.Initializer(name, Tensor.From<float>([.. Enumerable.Range(0, (int)dims.Aggregate(1L, (n, d) => n * d)).Select(_ => random.NextSingle())], dims));
    }

    private static Value Zero(GraphBuilder b) => b.Constant(Tensor.Scalar(0L));

    private static Value One(GraphBuilder b) => b.Constant(Tensor.Scalar(1L));

    private static GraphAttribute Branch(Func<GraphBuilder, Value> make)
    {
        var inner = new GraphBuilder(new Graph("branch"), 18);
        inner.Output(make(inner), "result");
        return new(inner.Graph);
    }
}
