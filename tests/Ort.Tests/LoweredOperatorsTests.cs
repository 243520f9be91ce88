using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Ort.Tests;

/// <summary>Operators newer than opset 21 in older ones, beside what ONNX Runtime computes with the operator itself.</summary>
public sealed class LoweredOperatorsTests
{
    private static readonly Tensor Mask = Tensor.From<bool>([true, false, true, true, true, true, true, false, true, true, false, true], 3, 4);
    private static readonly Tensor Bias = Random(9, 1, 4, 3, 4);

    private static IEnumerable<TestCaseData> Cases()
    {
        yield return Case("RMSNormalization", 23, "RMSNormalization", [Random(1, 2, 3, 4), Random(2, 4)], 1);
        yield return Case("RMSNormalization two axes", 23, "RMSNormalization", [Random(1, 2, 3, 4), Random(2, 3, 4)], 1, ("axis", 1), ("epsilon", 0.5f));
        yield return Case("Swish", 24, "Swish", [Random(1, 2, 3)], 1);
        yield return Case("Swish alpha", 24, "Swish", [Random(1, 2, 3)], 1, ("alpha", 1.7f));

        yield return Case("Rotary of heads", 23, "RotaryEmbedding", [Random(1, 2, 3, 5, 8), Random(2, 2, 5, 4), Random(3, 2, 5, 4)], 1);
        yield return Case("Rotary interleaved", 23, "RotaryEmbedding", [Random(1, 2, 3, 5, 8), Random(2, 2, 5, 4), Random(3, 2, 5, 4)], 1, ("interleaved", 1));
        yield return Case("Rotary flat by positions", 23, "RotaryEmbedding", [Random(1, 2, 5, 24), Random(2, 9, 4), Random(3, 9, 4), Positions()], 1, ("num_heads", 3));
        yield return Case("Rotary part", 23, "RotaryEmbedding", [Random(1, 2, 5, 24), Random(2, 9, 2), Random(3, 9, 2), Positions()], 1, ("num_heads", 3), ("rotary_embedding_dim", 4));
        yield return Case("Rotary part interleaved", 23, "RotaryEmbedding", [Random(1, 2, 3, 5, 8), Random(2, 9, 2), Random(3, 9, 2), Positions()], 1, ("interleaved", 1), ("rotary_embedding_dim", 4));

        Tensor q = Random(1, 2, 4, 3, 8), k = Random(2, 2, 4, 4, 8), v = Random(3, 2, 4, 4, 6);
        yield return Case("Attention", 23, "Attention", [q, k, v], 1);
        yield return Case("Attention scale and cap", 23, "Attention", [q, k, v], 1, ("scale", 0.3f), ("softcap", 1.5f));
        yield return Case("Attention causal", 23, "Attention", [Random(1, 2, 4, 4, 8), k, v], 1, ("is_causal", 1));
        yield return Case("Attention boolean mask", 23, "Attention", [q, k, v, Mask], 1);
        yield return Case("Attention bias", 23, "Attention", [q, k, v, Bias], 1);
        yield return Case("Attention grouped", 23, "Attention", [q, Random(2, 2, 2, 4, 8), Random(3, 2, 2, 4, 6)], 1);
        yield return Case("Attention flat grouped", 23, "Attention", [Random(1, 2, 3, 32), Random(2, 2, 4, 16), Random(3, 2, 4, 12)], 1, ("q_num_heads", 4), ("kv_num_heads", 2));
        yield return Case("Attention past", 23, "Attention", [q, Random(2, 2, 4, 1, 8), Random(3, 2, 4, 1, 6), null, Random(4, 2, 4, 3, 8), Random(5, 2, 4, 3, 6)], 3);
        yield return Case("Attention raw scores", 23, "Attention", [q, k, v, Bias], 4, ("qk_matmul_output_mode", 0));
        yield return Case("Attention weights", 23, "Attention", [q, k, v, Bias], 4, ("qk_matmul_output_mode", 3));
    }

    [TestCaseSource(nameof(Cases))]
    public void Lower_Operator_ComputesTheSame(int opset, string op, Tensor?[] inputs, int outputs, (string, AttributeValue)[] attributes)
    {
        var model = Single(opset, op, inputs, outputs, attributes);
        var wanted = Run(model, inputs);
        OpsetLowering.Lower(model);
        Assert.That(model.Opset, Is.EqualTo(21));
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Has.None.EqualTo(op));
        foreach (var (found, expected) in Run(model, inputs).Zip(wanted))
        {
            Assert.That(found.Dims, Is.EqualTo(expected.Dims));
            Assert.That(found.As<float>().ToArray(), Is.EqualTo(expected.As<float>().ToArray()).Within(2e-6), model.Graph.Outputs[0].Name);
        }
    }

    [Test]
    public void Lower_AttentionThatMayLookAtNothing_GivesZero()
    {
        Tensor?[] inputs = [Random(1, 1, 1, 2, 4), Random(2, 1, 1, 3, 4), Random(3, 1, 1, 3, 4), Tensor.From<bool>([false, false, false, true, true, true], 2, 3)];
        var model = Single(23, "Attention", inputs, 1, []);
        OpsetLowering.Lower(model);
        var y = Run(model, inputs)[0].As<float>().ToArray();
        Assert.That(y[..4], Is.All.Zero);
        Assert.That(y[4..], Has.None.Zero);
    }

    // What the specification of opset 24 and 25 says, in loops: ONNX Runtime does not run it yet.
    [TestCase(-1, -1)]
    [TestCase(1, -1)]
    [TestCase(1, 0)]
    public void Lower_AttentionWithOuterCacheAndWindow_LooksAtWhatTheSpecificationAllows(int left, int right)
    {
        const int Queries = 2, Keys = 5;
        Tensor?[] inputs = [Random(1, 2, 1, Queries, 4), Random(2, 2, 1, Keys, 4), Random(3, 2, 1, Keys, 1), null, null, null, Tensor.From<long>([3, 5], 2)];
        var model = Single(25, "Attention", inputs, 1, [("is_causal", 1), ("left_window_size", left), ("right_window_size", right)]);
        OpsetLowering.Lower(model);
        var y = Run(model, inputs)[0].As<float>().ToArray();
        var (q, k, v) = (inputs[0]!.As<float>().ToArray(), inputs[1]!.As<float>().ToArray(), inputs[2]!.As<float>().ToArray());
        for (var batch = 0; batch < 2; batch++)
        {
            var real = batch == 0 ? 3 : 5;
            for (var i = 0; i < Queries; i++)
            {
                var place = real - Queries + i;
                var seen = Enumerable.Range(0, real).Where(j => j <= place && (left < 0 || j >= place - left) && (right < 0 || j <= place + right)).ToArray();
                var weights = seen.Select(j => Math.Exp(Enumerable.Range(0, 4).Sum(c => (double)q[(((batch * Queries) + i) * 4) + c] * k[(((batch * Keys) + j) * 4) + c]) / 2)).ToArray();
                Assert.That(y[(batch * Queries) + i], Is.EqualTo(seen.Select((j, n) => weights[n] / weights.Sum() * v[(batch * Keys) + j]).Sum()).Within(1e-6), $"{batch}, {i}");
            }
        }
    }

    private static Tensor Positions() => Tensor.From<long>([0, 1, 2, 3, 4, 8, 7, 6, 5, 4], 2, 5);

    private static Tensor Random(int seed, params long[] dims)
    {
        var random = new Random(seed);
        return Tensor.From<float>([.. Enumerable.Range(0, (int)dims.Aggregate(1L, (a, b) => a * b)).Select(_ => (random.NextSingle() * 2) - 1)], dims);
    }

    private static Model Single(int opset, string op, Tensor?[] inputs, int outputs, (string Name, AttributeValue Value)[] attributes)
    {
        var graph = new Graph("g");
        var model = new Model(graph) { IrVersion = 10 };
        model.OpsetImports.Add("", opset);
        var b = new GraphBuilder(graph, opset);
        var values = inputs.Select((t, i) => t is null ? null : b.Input($"x{i}", t.Type, Shape.Of(t.Dims))).ToArray();
        foreach (var output in b.Ops(op, values, outputs, attributes).Outputs)
        {
            b.Output(output, $"y{output.OutputIndex}");
        }

        return model;
    }

    private static IReadOnlyList<Tensor> Run(Model model, Tensor?[] inputs)
    {
        using var session = Session.Open(ModelFile.ToBytes(model), "lowered");
        return [.. session.Run([.. inputs.Select((t, i) => (t, i)).Where(p => p.t is not null).Select(p => new NamedTensor($"x{p.i}", p.t!))], [.. model.Graph.Outputs.Select(o => o.Name)]).Select(n => n.Tensor)];
    }

    private static TestCaseData Case(string name, int opset, string op, Tensor?[] inputs, int outputs, params (string, AttributeValue)[] attributes) =>
        new TestCaseData(opset, op, inputs, outputs, attributes).SetArgDisplayNames(name);
}
