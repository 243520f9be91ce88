using System.Text;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Ort.Tests;

/// <summary>ONNX Runtime computes the same with an operator of an old opset and with what <see cref="OpsetConversion"/> makes of it.</summary>
public sealed class RaisedOperatorsTests
{
    private static IEnumerable<TestCaseData> Cases() => [.. Attributes(), .. Meanings(), .. Sizes(), .. Unchanged()];

    [TestCaseSource(nameof(Cases))]
    public void Raise_OldOperator_ComputesTheSame(int opset, string op, Tensor?[] inputs, int outputs, (string, AttributeValue)[] attributes)
    {
        var wanted = Run(Single(opset, op, inputs, outputs, attributes), inputs);
        foreach (var to in new[] { 18, 21 })
        {
            var model = Single(opset, op, inputs, outputs, attributes);
            OpsetConversion.Raise(model, to);
            Assert.That(model.Opset, Is.EqualTo(to));
            foreach (var (found, expected) in Run(model, inputs).Zip(wanted))
            {
                Assert.That(found.Dims, Is.EqualTo(expected.Dims), $"opset {to}");
                Assert.That(Numbers(found), Is.EqualTo(Numbers(expected)).Within(1e-6), $"opset {to}");
            }
        }
    }

    [Test]
    public void Raise_NearestOfTensorflowsHalfPixels_WithAnotherRoundingIsRefused() => Assert.That(
        () => OpsetConversion.Raise(Single(11, "Resize", [Image, Vector(), Vector(1, 1, 2, 2)], 1, [("coordinate_transformation_mode", "tf_half_pixel_for_nn"), ("nearest_mode", "ceil")])),
        Throws.TypeOf<IrException>().With.Message.Contains("tf_half_pixel_for_nn"));

    private static Tensor X => Random(1, 2, 3, 4);

    private static Tensor Image => Random(2, 1, 2, 4, 5);

    /// <summary>What was an attribute is an input today.</summary>
    private static IEnumerable<TestCaseData> Attributes()
    {
        foreach (var op in new[] { "ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare" })
        {
            yield return Case(11, op, [X], ("axes", (long[])[-1, 0]), ("keepdims", 0));
            yield return Case(12, op, [X]);
        }

        yield return Case(11, "ReduceLogSum", [Tensor.Vector(1f, 2f, 3f)], ("axes", (long[])[0]));
        yield return Case(11, "Squeeze", [Random(1, 1, 3, 1)], ("axes", (long[])[-1]));
        yield return Case(11, "Squeeze", [Random(1, 1, 3, 1)]);
        yield return Case(11, "Unsqueeze", [X], ("axes", (long[])[0, -1]));
        yield return Case(11, "Split", [X], 2, ("split", (long[])[1, 3]), ("axis", -1));
        yield return Case(11, "Split", [X], 2, ("axis", 2));
        yield return Case(13, "Split", [X, Tensor.Vector(1L, 3L)], 2, ("axis", 2));
        yield return Case(9, "Slice", [X], ("starts", (long[])[1, -3]), ("ends", (long[])[100, -1]), ("axes", (long[])[1, 2]));
        yield return Case(9, "Slice", [X], ("starts", (long[])[0, 1]), ("ends", (long[])[1, 3]));
        yield return Case(10, "Slice", [X, Tensor.Vector(-1L), Tensor.Vector(-100L), Tensor.Vector(2L), Tensor.Vector(-2L)]);
        yield return Case(9, "TopK", [X], 2, ("k", 2));
        yield return Case(10, "TopK", [X, Tensor.Vector(2L)], 2, ("axis", 1));
        yield return Case(11, "TopK", [X, Tensor.Vector(3L)], 2, ("largest", 0));
        foreach (var mode in new[] { "constant", "reflect", "edge" })
        {
            yield return Case(10, "Pad", [X], ("mode", mode), ("pads", (long[])[0, 1, 2, 0, 0, 1]), ("value", 0.5f));
            yield return Case(11, "Pad", [X, Tensor.Vector(0L, 1L, 2L, 0L, 0L, 1L), Tensor.Scalar(0.5f)], ("mode", mode));
        }

        yield return Case(10, "Clip", [X], ("min", -0.25f), ("max", 0.5f));
        yield return Case(10, "Clip", [X], ("max", 0.1f));
        yield return Case(11, "Clip", [X, Tensor.Scalar(-0.1f), Tensor.Scalar(0.3f)]);
        yield return Case(11, "Clip", [X, null, Tensor.Scalar(0.3f)]);
        yield return Case(7, "Dropout", [X], ("ratio", 0.3f));
        yield return Case(11, "Dropout", [X]);
        yield return Case(12, "Dropout", [X, Tensor.Scalar(0.4f)]);
    }

    /// <summary>What means something else today, or has another name.</summary>
    private static IEnumerable<TestCaseData> Meanings()
    {
        foreach (var op in new[] { "Softmax", "LogSoftmax", "Hardmax" })
        {
            foreach (var axis in new[] { 0, 1, 2, -2, -1 })
            {
                yield return Case(11, op, [X], ("axis", axis));
            }

            yield return Case(12, op, [X]);
            yield return Case(13, op, [X]);
        }

        Tensor?[] statistics = [X, Random(3, 3), Random(4, 3), Random(5, 3), Tensor.Vector(0.5f, 1f, 2f)];
        yield return Case(7, "BatchNormalization", statistics, ("spatial", 1));
        foreach (var opset in new[] { 9, 14, 15 })
        {
            yield return Case(opset, "BatchNormalization", statistics, ("epsilon", 1e-3f), ("momentum", 0.8f));
        }

        yield return Case(9, "Scatter", [X, Integers([0, 2, 1], 1, 1, 3), Random(6, 1, 1, 3)], ("axis", 2));
        yield return Case(11, "ScatterElements", [X, Integers([0, 2, 1], 1, 1, 3), Random(6, 1, 1, 3)], ("axis", -1));
        yield return Case(11, "ScatterND", [X, Integers([1, 2, 0, 0], 2, 2), Random(6, 2, 4)]);
    }

    private static IEnumerable<TestCaseData> Sizes()
    {
        foreach (var (mode, height, width) in new[] { ("nearest", 2f, 3f), ("nearest", 2f, 1.5f), ("nearest", 1f, 1.5f), ("linear", 2f, 1.5f), ("linear", 2f, 1f) })
        {
            yield return Case(7, "Upsample", [Image], ("mode", mode), ("scales", (float[])[1, 1, height, width]));
            yield return Case(9, "Upsample", [Image, Vector(1, 1, height, width)], ("mode", mode));
        }

        foreach (var (mode, height, width) in new[] { ("nearest", 2f, 1.5f), ("nearest", 0.6f, 0.5f), ("nearest", 1f, 0.75f), ("linear", 2f, 0.5f) })
        {
            yield return Case(10, "Resize", [Image, Vector(1, 1, height, width)], ("mode", mode));
        }

        foreach (var (mode, coordinates, rounding) in new[]
        {
            ("nearest", "half_pixel", "round_prefer_floor"), ("nearest", "asymmetric", "floor"), ("nearest", "align_corners", "ceil"), ("nearest", "tf_half_pixel_for_nn", "floor"),
            ("linear", "half_pixel", ""), ("linear", "align_corners", ""), ("linear", "pytorch_half_pixel", ""), ("linear", "asymmetric", ""), ("cubic", "half_pixel", ""), ("cubic", "align_corners", ""),
        })
        {
            (string, AttributeValue)[] attributes = [("mode", mode), ("coordinate_transformation_mode", coordinates), .. rounding.Length > 0 ? new (string, AttributeValue)[] { ("nearest_mode", rounding) } : []];
            yield return Case(11, "Resize", [Image, Vector(), Vector(1, 1, 1.5f, 2)], attributes);
            yield return Case(11, "Resize", [Image, Vector(), Vector(1, 1, 0.5f, 0.8f)], attributes);
            yield return Case(11, "Resize", [Image, Vector(), Vector(), Tensor.Vector(1L, 2L, 7L, 3L)], attributes);
            yield return coordinates == "tf_half_pixel_for_nn" ? Case(12, "Resize", [Image, Vector(), Vector(1, 1, 3, 3)], attributes) : Case(13, "Resize", [Image, null, Vector(1, 1, 1.5f, 2)], attributes);
        }
    }

    /// <summary>What only gained types, defaults and choices.</summary>
    private static IEnumerable<TestCaseData> Unchanged()
    {
        foreach (var op in new[] { "Abs", "Exp", "Neg", "Sin", "Tanh", "Sigmoid", "Relu", "LeakyRelu", "Elu", "Selu", "Softplus", "Softsign", "HardSigmoid", "Erf", "Flatten", "Identity", "Sign", "Floor" })
        {
            yield return Case(9, op, [X]);
        }

        foreach (var op in new[] { "Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean", "PRelu", "Less" })
        {
            yield return Case(9, op, [X, Random(7, 3, 1)]);
        }

        yield return Case(9, "Gemm", [Random(1, 3, 2), Random(2, 4, 3), Random(3, 4)], ("transA", 1), ("transB", 1), ("alpha", 0.5f));
        yield return Case(9, "MatMul", [X, Random(2, 4, 5)]);
        yield return Case(9, "Conv", [Image, Random(3, 3, 2, 3, 3), Random(4, 3)], ("pads", (long[])[1, 1, 1, 1]));
        yield return Case(9, "ConvTranspose", [Image, Random(3, 2, 3, 3, 3), Random(4, 3)], ("strides", (long[])[2, 2]), ("auto_pad", "SAME_UPPER"));
        yield return Case(8, "MaxPool", [Image], ("kernel_shape", (long[])[2, 2]), ("strides", (long[])[2, 2]));
        yield return Case(10, "MaxPool", [Image], ("kernel_shape", (long[])[3, 3]), ("strides", (long[])[2, 2]), ("ceil_mode", 1), ("dilations", (long[])[1, 1]));
        yield return Case(7, "AveragePool", [Image], ("kernel_shape", (long[])[2, 2]), ("pads", (long[])[1, 1, 1, 1]), ("count_include_pad", 1));
        yield return Case(11, "LpPool", [Image], ("kernel_shape", (long[])[2, 2]), ("p", 2));
        yield return Case(9, "GlobalAveragePool", [Image]);
        yield return Case(9, "InstanceNormalization", [Image, Random(3, 2), Random(4, 2)]);
        yield return Case(9, "LpNormalization", [X], ("axis", 1), ("p", 2));
        yield return Case(9, "Expand", [Random(1, 3, 1), Tensor.Vector(2L, 3L, 4L)]);
        yield return Case(9, "Tile", [X, Tensor.Vector(1L, 2L, 1L)]);
        yield return Case(9, "Reshape", [X, Tensor.Vector(0L, -1L)]);
        yield return Case(9, "Transpose", [X], ("perm", (long[])[2, 0, 1]));
        yield return Case(9, "Concat", [X, X], ("axis", 1));
        yield return Case(9, "Gather", [X, Tensor.Vector(2L, 0L)], ("axis", 1));
        yield return Case(11, "Gather", [X, Tensor.Vector(-1L, 0L)], ("axis", -1));
        yield return Case(11, "GatherElements", [X, Integers([0, 2, 1], 1, 1, 3)], ("axis", 2));
        yield return Case(11, "GatherND", [X, Integers([1, 2, 0, 0], 2, 2)]);
        yield return Case(9, "Where", [Tensor.Scalar(true), X, Random(9, 4)]);
        yield return Case(11, "CumSum", [X, Tensor.Scalar(1L)], ("reverse", 1));
        yield return Case(9, "Pow", [Tensor.Vector(1f, 2f, 3f), Tensor.Scalar(2.5f)]);
        yield return Case(10, "Mod", [X, Tensor.Scalar(0.4f)], ("fmod", 1));
        yield return Case(9, "DepthToSpace", [Random(1, 1, 4, 2, 2)], ("blocksize", 2));
        yield return Case(12, "Einsum", [X, Random(2, 4, 5)], ("equation", "...j,jk->...k"));
        yield return Case(12, "Celu", [X], ("alpha", 0.5f));
        foreach (var (op, gates) in new[] { ("RNN", 1), ("GRU", 3), ("LSTM", 4) })
        {
            yield return Case(9, op, [Random(1, 3, 2, 3), Random(2, 2, 2 * gates, 3), Random(3, 2, 2 * gates, 2), Random(4, 2, 4 * gates), Tensor.From([3, 2], 2)], 2, ("hidden_size", 2), ("direction", "bidirectional"));
        }
    }

    private static Model Single(int opset, string op, Tensor?[] inputs, int outputs, (string Name, AttributeValue Value)[] attributes)
    {
        var graph = new Graph("g");
        var values = inputs.Select((t, i) => t is null ? null : new Value($"x{i}", t.Type, Shape.Of(t.Dims))).ToArray();
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is { } value && i > 0 && inputs[i]!.Rank <= 1)
            {
                value.Initializer = inputs[i]; // sizes and the like, as exporters write them
                graph.Initializers.Add(value);
            }
            else if (values[i] is { } fed)
            {
                graph.Inputs.Add(fed);
            }
        }

        var node = new Node("", op, values, [.. Enumerable.Range(0, outputs).Select(i => new Value($"y{i}"))], "old");
        foreach (var (name, value) in attributes)
        {
            node.Attributes.Add(name, value);
        }

        graph.Nodes.Add(node);
        ShapeInference.Infer(node, opset);
        graph.Outputs.AddRange(node.Outputs);
        return new(graph) { IrVersion = 8, OpsetImports = { [""] = opset } };
    }

    private static IReadOnlyList<Tensor> Run(Model model, Tensor?[] inputs)
    {
        using var session = Session.Open(ModelFile.ToBytes(model), "raised");
        return [.. session.Run([.. model.Graph.Inputs.Select(v => new NamedTensor(v.Name, inputs[int.Parse(v.Name.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)]!))], [.. model.Graph.Outputs.Select(o => o.Name)]).Select(n => n.Tensor)];
    }

    private static double[] Numbers(Tensor tensor) => tensor.Type switch
    {
        ElementType.Float => Array.ConvertAll(tensor.As<float>().ToArray(), v => (double)v),
        ElementType.Int64 => Array.ConvertAll(tensor.As<long>().ToArray(), v => (double)v),
        _ => Array.ConvertAll(tensor.Bytes.ToArray(), v => (double)v),
    };

    private static Tensor Vector(params float[] values) => Tensor.From(values, values.Length);

    private static Tensor Integers(long[] values, params long[] dims) => Tensor.From(values, dims);

    private static Tensor Random(int seed, params long[] dims)
    {
        var random = new Random(seed);
        return Tensor.From([.. Enumerable.Range(0, (int)dims.Aggregate(1L, (n, d) => n * d)).Select(_ => (random.NextSingle() * 2) - 1)], dims);
    }

    private static TestCaseData Case(int opset, string op, Tensor?[] inputs, params (string Name, AttributeValue Value)[] attributes) => Case(opset, op, inputs, 1, attributes);

    private static TestCaseData Case(int opset, string op, Tensor?[] inputs, int outputs, params (string Name, AttributeValue Value)[] attributes) => new TestCaseData(opset, op, inputs, outputs, attributes).SetArgDisplayNames(
        $"{op}-{opset} of {inputs.Length}{string.Concat(attributes.Select(a => $" {a.Name}={Text(a.Value)}"))}{string.Concat(inputs.Skip(1).Select(t => t is { Type: ElementType.Float, Rank: 1 } ? $" {string.Join(";", t.As<float>().ToArray())}" : ""))}");

    private static string Text(AttributeValue value) => value switch
    {
        IntAttribute i => $"{i.Value}",
        FloatAttribute f => $"{f.Value}",
        StringAttribute s => Encoding.UTF8.GetString(s.Bytes.Span),
        IntsAttribute list => string.Join(";", list.Values),
        FloatsAttribute list => string.Join(";", list.Values),
        _ => value.GetType().Name,
    };
}
