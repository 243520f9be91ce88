using NUnit.Framework;
using OnnxPipeline.Autodiff;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Artifacts.Tests;

/// <summary>Weights of a PyTorch layer [gates·hidden, …] that its exporter brings into ONNX's order of gates by Slice, Concat and Unsqueeze in the graph.</summary>
public sealed class RecurrentWeightsTests
{
    private const int Inputs = 3;
    private const int Hidden = 2;
    private const int Steps = 3;
    private const int Batch = 2;

    /// <summary>ONNX's gates as numbers of PyTorch's: LSTM i o f c of i f c o, GRU z r h of r z n.</summary>
    private static readonly object[] Layers =
    [
        new object[] { "LSTM", new[] { 0, 3, 1, 2 }, 1 },
        new object[] { "LSTM", new[] { 0, 3, 1, 2 }, 2 },
        new object[] { "GRU", new[] { 1, 0, 2 }, 1 },
        new object[] { "GRU", new[] { 1, 0, 2 }, 2 },
        new object[] { "RNN", new[] { 0 }, 1 },
        new object[] { "RNN", new[] { 0 }, 2 },
    ];

    [TestCaseSource(nameof(Layers))]
    public void Classify_WeightsInPyTorchsOrder_AreWeightsOfTheLayer(string op, int[] gates, int directions)
    {
        var (graph, y, weights) = Model(op, gates, directions);
        var found = Weights.Classify(graph, new Dictionary<string, int> { [""] = 18 }, [y]);
        Assert.That(found.Where(c => c.Verdict == WeightVerdict.Weight).Select(c => c.Name), Is.EqualTo(weights.Select(v => v.Name)));
        Assert.That(found.Take(weights.Count).Select(c => c.Reason), Has.All.EqualTo($"weight of {op} layer"));
        Assert.That(found.Where(c => c.Name == "initial").Select(c => c.Verdict), Is.EqualTo(new[] { WeightVerdict.Constant }), "states of zeros are no weights");
    }

    [TestCaseSource(nameof(Layers))]
    public void Append_WeightsInPyTorchsOrder_HaveTheGradientsOfDifferences(string op, int[] gates, int directions)
    {
        var (graph, y, weights) = Model(op, gates, directions);
        var build = new GraphBuilder(graph, 18);
        var loss = build.ReduceSumAll(build.Mul(y, y));
        var gradients = Backward.Append(graph, new Dictionary<string, int> { [""] = 18, ["com.microsoft"] = 1 }, loss, weights);
        var feeds = weights.Select((w, i) => KeyValuePair.Create(w.Name, Numbers(i, w.Initializer!.Dims))).Append(new("x", Numbers(99, [Steps, Batch, Inputs]))).ToDictionary();
        var run = Interpreter.Run(graph, feeds);
        foreach (var weight in weights)
        {
            var found = run[gradients[weight]];
            for (var i = 0; i < found.Count; i++)
            {
                Assert.That(found.Doubles[i], Is.EqualTo((At(weight, i, 1e-5) - At(weight, i, -1e-5)) / 2e-5).Within(1e-7), $"{weight.Name}[{i}]");
            }
        }

        double At(Value weight, int place, double step)
        {
            var moved = (double[])feeds[weight.Name].Doubles.Clone();
            moved[place] += step;
            return Interpreter.Run(graph, new Dictionary<string, Array64>(feeds) { [weight.Name] = new(moved, feeds[weight.Name].Dims) })[loss].Doubles[0];
        }
    }

    private static (Graph Graph, Value Output, IReadOnlyList<Value> Weights) Model(string op, int[] gates, int directions)
    {
        var graph = new Graph("recurrent");
        var b = new GraphBuilder(graph, 18);
        var x = b.Input("x", ElementType.Float, [Steps, Batch, Inputs]);
        List<Value> weights = [];
        Value Weight(string name, params long[] dims)
        {
            weights.Add(b.Initializer(name, Mlp.Random(weights.Count, dims)));
            return weights[^1];
        }

        Value Ordered(Value all) => gates.Length == 1 ? all : b.Concat(0, [.. gates.Select(g => b.Slice(all, b.Constant(g * Hidden), b.Constant((g + 1) * Hidden), b.Constant(0)))]); // rows by gate
        Value[][] parts = [.. Enumerable.Range(0, directions).Select(d =>
        {
            var suffix = d == 0 ? "" : "_reverse";
            long rows = gates.Length * Hidden;
            var (w, r) = (Weight("weight_ih" + suffix, rows, Inputs), Weight("weight_hh" + suffix, Hidden, rows));
            var (own, back) = (Weight("bias_ih" + suffix, rows), Weight("bias_hh" + suffix, rows));
            return new[] { Ordered(w), Ordered(b.Transpose(r, 1, 0)), b.Concat(0, Ordered(own), Ordered(back)) }.Select(v => b.Unsqueeze(v, 0)).ToArray(); // [1, …] each
        })];
        var inputs = Enumerable.Range(0, 3).Select(i => directions == 1 ? parts[0][i] : b.Concat(0, parts[0][i], parts[1][i])).ToArray();
        var initial = b.Initializer("initial", Tensor.From<float>(new float[directions * Batch * Hidden], directions, Batch, Hidden));
        var layer = b.Ops(
            op, [x, .. inputs, null, initial, .. op == "LSTM" ? new[] { initial } : []], 1,
            [("hidden_size", Hidden), ("direction", directions == 1 ? "forward" : "bidirectional"), .. op == "GRU" ? new (string, AttributeValue)[] { ("linear_before_reset", 1) } : []], name: "layer");
        b.Output(layer.Outputs[0], "y");
        return (graph, layer.Outputs[0], weights);
    }

    private static Array64 Numbers(int seed, IReadOnlyList<long> dims) => Array64.From(Mlp.Random(seed + 10, [.. dims]));
}
