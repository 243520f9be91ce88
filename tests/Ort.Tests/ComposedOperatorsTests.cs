using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Ort.Tests;

/// <summary>Operators that are written in others, most of them Microsoft's joined ones, beside what ONNX Runtime computes with the operator itself.</summary>
public sealed class ComposedOperatorsTests
{
    private static IEnumerable<TestCaseData> Cases() => [.. MultiHeads(), .. Merged(), .. Groups(), .. Rotations(), .. Embeddings(), .. Skips(), .. Fused(), .. Samples(), .. Responses()];

    /// <summary>ONNX's own among them.</summary>
    private static readonly string[] Standard = ["AffineGrid", "GridSample", "LRN"];

    /// <summary>Outputs that an operator's schema has and no kernel gives.</summary>
    private static readonly (string Op, int Output)[] NeverGiven = [("SkipSimplifiedLayerNormalization", 1), ("SkipSimplifiedLayerNormalization", 2)];

    [TestCaseSource(nameof(Cases))]
    public void Decompose_Operator_ComputesTheSame(string op, Tensor?[] inputs, int outputs, (string, AttributeValue)[] attributes)
    {
        var model = Single(op, inputs, outputs, attributes);
        var wanted = Run(model, inputs);
        Decomposition.Apply(model.Graph, model.Opset);
        Assert.That(model.Graph.Nodes.Select(n => (n.Domain, n.OpType)), Has.None.Matches<(string Domain, string Op)>(n => n.Domain == "com.microsoft" || Standard.Contains(n.Op)));
        foreach (var (found, expected) in Run(model, inputs).Zip(wanted))
        {
            Assert.That(found.Dims, Is.EqualTo(expected.Dims));
            Assert.That(Numbers(found), Is.EqualTo(Numbers(expected)).Within(2e-6));
        }
    }

    private static IEnumerable<TestCaseData> MultiHeads()
    {
        Tensor q = Random(1, 2, 3, 8), k = Random(2, 2, 3, 8), v = Random(3, 2, 3, 12), other = Random(2, 2, 4, 8);
        static TestCaseData Heads(string name, Tensor?[] inputs, int outputs, params (string, AttributeValue)[] attributes) => Case(name, "MultiHeadAttention", inputs, outputs, [("num_heads", 2), .. attributes]);
        yield return Heads("plain", [q, k, v], 1);
        yield return Heads("scale", [q, k, v], 1, ("scale", 0.3f));
        yield return Heads("cross", [q, other, Random(3, 2, 4, 12)], 1);
        yield return Heads("unidirectional", [q, k, v], 1, ("unidirectional", 1));
        yield return Heads("bias", [q, k, v, Random(4, 28)], 1);
        yield return Heads("lengths", [q, k, v, null, Integers([2, 3], 2)], 1);
        yield return Heads("mask", [q, k, v, null, Integers([1, 0, 1, 0, 1, 1], 2, 3)], 1);
        yield return Heads("mask of pairs", [q, k, v, null, Integers([1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1], 2, 3, 3)], 1, ("mask_filter_value", -1.5f));
        yield return Heads("mask, causal, weak", [q, k, v, null, Integers([1, 0, 1, 0, 1, 1], 2, 3)], 1, ("mask_filter_value", -1.5f), ("unidirectional", 1));
        yield return Heads("attention bias", [q, k, v, null, null, Random(5, 2, 2, 3, 3)], 1);
        yield return Heads("attention bias broadcast", [q, k, v, null, Integers([1, 0, 1, 0, 1, 1], 2, 3), Random(5, 1, 1, 3, 3)], 1);
        yield return Heads("heads apart", [q, Random(2, 2, 2, 4, 4), Random(3, 2, 2, 4, 4)], 1);
        yield return Heads("present", [q, k, Random(3, 2, 3, 8), Random(4, 24)], 3);
        yield return Heads("past", [q, k, Random(3, 2, 3, 8), null, null, null, Random(6, 2, 2, 4, 4), Random(7, 2, 2, 4, 4)], 3, ("unidirectional", 1));
    }

    private static IEnumerable<TestCaseData> Merged()
    {
        Tensor x = Random(1, 2, 3, 5), weights = Random(2, 5, 24), bias = Random(3, 24);
        static TestCaseData Heads(string name, Tensor?[] inputs, int outputs, params (string, AttributeValue)[] attributes) => Case(name, "Attention", inputs, outputs, [("num_heads", 2), .. attributes]);
        yield return Heads("plain", [x, weights, bias], 1);
        yield return Heads("unidirectional, scale", [x, weights, bias], 1, ("unidirectional", 1), ("scale", 0.4f));
        yield return Heads("widths", [x, Random(2, 5, 28), Random(3, 28)], 1, ("qkv_hidden_sizes", (long[])[8, 8, 12]));
        yield return Heads("ends", [x, weights, bias, Integers([2, 3], 2)], 1);
        yield return Heads("ends and starts", [x, weights, bias, Integers([2, 3, 0, 1], 4)], 1, ("mask_filter_value", -1.5f));
        yield return Heads("mask", [x, weights, bias, Integers([1, 0, 1, 0, 1, 1], 2, 3)], 1);
        yield return Heads("mask of pairs", [x, weights, bias, Integers([1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1], 2, 3, 3)], 1, ("unidirectional", 1));
        yield return Heads("attention bias", [x, weights, bias, null, null, Random(5, 1, 2, 3, 3)], 1);
        yield return Heads("past", [x, weights, bias, null, Random(6, 2, 2, 2, 4, 4)], 2, ("unidirectional", 1));
    }

    private static IEnumerable<TestCaseData> Groups()
    {
        Tensor q = Random(1, 2, 5, 64), k = Random(2, 2, 5, 32), v = Random(3, 2, 5, 32), lengths = Integers([4, 4], 2), longest = Integers([5], 1);
        Tensor cos = Random(4, 9, 8), sin = Random(5, 9, 8);
        static TestCaseData Heads(string name, Tensor?[] inputs, params (string, AttributeValue)[] attributes) => Case(name, "GroupQueryAttention", inputs, 3, [("num_heads", 4), ("kv_num_heads", 2), .. attributes]);
        yield return Heads("plain", [q, k, v, null, null, lengths, longest]);
        yield return Heads("scale and cap", [q, k, v, null, null, lengths, longest], ("scale", 0.4f), ("softcap", 1.5f));
        yield return Heads("window", [q, k, v, null, null, lengths, longest], ("local_window_size", 2));
        yield return Heads("packed", [Random(1, 2, 5, 128), null, null, null, null, lengths, longest]);
        yield return Heads("rotary", [q, k, v, null, null, lengths, longest, cos, sin], ("do_rotary", 1));
        yield return Heads("rotary interleaved, packed", [Random(1, 2, 5, 128), null, null, null, null, lengths, longest, cos, sin], ("do_rotary", 1), ("rotary_interleaved", 1));
        // The runtime takes the first position of all and counts on; ours are the same then.
        yield return Heads("rotary of positions", [q, k, v, null, null, lengths, longest, cos, sin, Tensor.From<long>([2, 3, 4, 5, 6, 2, 3, 4, 5, 6], 2, 5)], ("do_rotary", 1));
        yield return Heads("attention bias", [q, k, v, null, null, lengths, longest, null, null, null, Random(6, 1, 4, 5, 5)]);
    }

    private static IEnumerable<TestCaseData> Rotations()
    {
        Tensor flat = Random(1, 2, 3, 16), heads = Random(1, 2, 2, 3, 8), positions = Tensor.From<long>([2, 0, 1, 3, 4, 1], 2, 3), first = Tensor.From<long>([1], 1);
        foreach (var (name, place) in new[] { ("positions", positions), ("a position", first) })
        {
            foreach (var interleaved in new[] { 0, 1 })
            {
                yield return Case($"flat, {name}, {interleaved}", "RotaryEmbedding", [flat, place, Random(2, 5, 4), Random(3, 5, 4)], 1, ("interleaved", interleaved));
                yield return Case($"heads, {name}, {interleaved}", "RotaryEmbedding", [heads, place, Random(2, 5, 4), Random(3, 5, 4)], 1, ("interleaved", interleaved));
                yield return Case($"part, {name}, {interleaved}", "RotaryEmbedding", [flat, place, Random(2, 5, 2), Random(3, 5, 2)], 1, ("interleaved", interleaved), ("num_heads", 2), ("rotary_embedding_dim", 4));
            }
        }
    }

    private static IEnumerable<TestCaseData> Embeddings()
    {
        Tensor ids = Integers([3, 0, 3, 1, 2, 3], 2, 3), segments = Integers([0, 0, 1, 1, 1, 1], 2, 3), mask = Integers([1, 1, 0, 1, 1, 1], 2, 3);
        Tensor words = Random(1, 4, 8), positions = Random(2, 5, 8), kinds = Random(3, 2, 8), scale = Random(4, 8), bias = Random(5, 8);
        yield return Case("segments and mask", "EmbedLayerNormalization", [ids, segments, words, positions, kinds, scale, bias, mask], 3);
        yield return Case("no segments", "EmbedLayerNormalization", [ids, null, words, positions, null, scale, bias], 2, ("epsilon", 0.01f));
        yield return Case("positions", "EmbedLayerNormalization", [ids, segments, words, positions, kinds, scale, bias, null, Integers([4, 0, 1, 1, 1, 0], 2, 3)], 2);
    }

    private static IEnumerable<TestCaseData> Fused()
    {
        Tensor x = Random(1, 1, 2, 4, 5), w = Random(2, 3, 2, 3, 3), bias = Random(3, 3), other = Random(4, 1, 3, 2, 3);
        foreach (var (name, parameters) in new (string, float[]?)[] { ("Relu", null), ("Sigmoid", null), ("Tanh", null), ("LeakyRelu", [0.3f]), ("HardSigmoid", [0.3f, 0.4f]), ("Clip", [-0.5f, 0.7f]) })
        {
            yield return Case(name, "FusedConv", [x, w, bias, other], 1, [("activation", name), .. parameters is null ? [] : new (string, AttributeValue)[] { ("activation_params", parameters) }]);
        }

        foreach (var name in new[] { "Relu", "Sigmoid", "Tanh", "Softplus", "Softsign" })
        {
            yield return Case(name, "FusedGemm", [Random(1, 2, 3), Random(2, 4, 3), Random(3, 4)], 1, ("activation", name), ("transB", 1));
        }

        yield return Case("LeakyRelu", "FusedGemm", [Random(1, 2, 3), Random(2, 3, 4)], 1, ("activation", "LeakyRelu"), ("activation_alpha", 0.3f), ("alpha", 0.5f));
        yield return Case("HardSigmoid", "FusedGemm", [Random(1, 2, 3), Random(2, 3, 4)], 1, ("activation", "HardSigmoid"), ("activation_alpha", 0.3f), ("activation_beta", 0.4f));
        yield return Case("Selu", "FusedGemm", [Random(1, 2, 3), Random(2, 3, 4)], 1, ("activation", "Selu"), ("activation_alpha", 1.5f), ("activation_gamma", 0.8f));
    }

    private static IEnumerable<TestCaseData> Skips()
    {
        Tensor x = Random(1, 2, 3, 4), scale = Random(3, 4), beta = Random(4, 4);
        foreach (var skip in new[] { Random(2, 2, 3, 4), Random(2, 1, 3, 4), Random(2, 3, 4) })
        {
            foreach (var bias in new[] { null, Random(5, 4) })
            {
                var name = $"{Tensor.Describe([.. skip.Dims])}{(bias is null ? "" : ", bias")}";
                yield return Case(name, "SkipLayerNormalization", [x, skip, scale, beta, bias], 4, ("epsilon", 0.01f));
                yield return Case($"{name}, no beta", "SkipLayerNormalization", [x, skip, scale, null, bias], 4);
                yield return Case(name, "SkipSimplifiedLayerNormalization", [x, skip, scale, bias], 4, ("epsilon", 0.01f));
            }
        }
    }

    private static IEnumerable<TestCaseData> Samples()
    {
        // Places from −2.5 to 2.5: far outside too
        static Tensor Places(params long[] dims) => Tensor.From<float>([.. Random(2, dims).As<float>().ToArray().Select(v => 2.5f * v)], dims);
        foreach (var (mode, outside, aligned) in
            from m in new[] { "linear", "nearest", "cubic" } from p in new[] { "zeros", "border", "reflection" } from a in new[] { 0, 1 } select (m, p, a))
        {
            (string, AttributeValue)[] attributes = [("mode", mode), ("padding_mode", outside), ("align_corners", aligned)];
            yield return Case($"{mode}, {outside}, {aligned}", "GridSample", [Random(1, 2, 3, 4, 5), Places(2, 6, 7, 2)], 1, attributes);
            if (mode != "cubic")
            {
                yield return Case($"{mode}, {outside}, {aligned}, 3-D", "GridSample", [Random(1, 1, 2, 3, 4, 3), Places(1, 3, 4, 5, 3)], 1, attributes);
            }
        }

        foreach (var aligned in new[] { 0, 1 })
        {
            yield return Case($"{aligned}", "AffineGrid", [Random(1, 2, 2, 3), Tensor.Vector(2L, 3, 4, 5)], 1, ("align_corners", aligned));
            yield return Case($"{aligned}, 3-D", "AffineGrid", [Random(1, 2, 3, 4), Tensor.Vector(2L, 1, 3, 4, 2)], 1, ("align_corners", aligned));
        }
    }

    private static IEnumerable<TestCaseData> Responses()
    {
        foreach (var size in new[] { 1, 3, 5 })
        {
            yield return Case($"{size}", "LRN", [Random(1, 2, 7, 3, 4)], 1, ("size", size), ("alpha", 0.4f), ("beta", 0.6f), ("bias", 1.5f));
        }
    }

    private static double[] Numbers(Tensor tensor) => tensor.Type == ElementType.Int32
        ? Array.ConvertAll(tensor.As<int>().ToArray(), v => (double)v)
        : Array.ConvertAll(tensor.As<float>().ToArray(), v => (double)v);

    private static Tensor Integers(int[] values, params long[] dims) => Tensor.From<int>(values, dims);

    private static Tensor Random(int seed, params long[] dims)
    {
        var random = new Random(seed);
        return Tensor.From<float>([.. Enumerable.Range(0, (int)dims.Aggregate(1L, (a, b) => a * b)).Select(_ => (random.NextSingle() * 2) - 1)], dims);
    }

    private static Model Single(string op, Tensor?[] inputs, int outputs, (string Name, AttributeValue Value)[] attributes)
    {
        var model = new Model(new Graph("g")) { IrVersion = 10 };
        var isStandard = Standard.Contains(op);
        var opset = isStandard ? 20 : 18;
        model.OpsetImports.Add("", opset);
        model.OpsetImports.Add("com.microsoft", 1);
        var b = new GraphBuilder(model.Graph, opset);
        var values = inputs.Select((t, i) => t is null ? null : b.Input($"x{i}", t.Type, Shape.Of(t.Dims))).ToArray();
        foreach (var output in b.Ops(op, values, outputs, attributes, isStandard ? "" : "com.microsoft").Outputs)
        {
            if (NeverGiven.Contains((op, output.OutputIndex)))
            {
                output.Name = "";
            }
            else
            {
                b.Output(output, $"y{output.OutputIndex}");
            }
        }

        return model;
    }

    private static IReadOnlyList<Tensor> Run(Model model, Tensor?[] inputs)
    {
        using var session = Session.Open(ModelFile.ToBytes(model), "attention");
        return [.. session.Run([.. inputs.Select((t, i) => (t, i)).Where(p => p.t is not null && model.Graph.Inputs.Any(v => v.Name == $"x{p.i}")).Select(p => new NamedTensor($"x{p.i}", p.t!))], [.. model.Graph.Outputs.Select(o => o.Name)]).Select(n => n.Tensor)];
    }

    private static TestCaseData Case(string name, string op, Tensor?[] inputs, int outputs, params (string, AttributeValue)[] attributes) =>
        new TestCaseData(op, inputs, outputs, attributes).SetArgDisplayNames($"{op}, {name}");
}
