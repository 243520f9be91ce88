using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Autodiff.Tests;

/// <summary>
/// The proof of a gradient rule: the loss Σ r·y over the used outputs, r random, is differentiated by <see cref="Backward"/>, and every element of
/// every gradient is compared in float64 with a central difference. Also held: a gradient has the shape and type of what it belongs to, and
/// every shape that inference claims for a value of the graph is the one that it has when the graph runs.
/// </summary>
internal static class GradientCheck
{
    /// <summary>Largest allowed difference relative to the larger of 1 and the number itself.</summary>
    public const double Tolerance = 1e-8;

    private const double Step = 1e-4;

    /// <summary>Proves a case with each knowledge of shapes.</summary>
    /// <returns>The largest relative difference.</returns>
    public static double RunAll(GradientCase given)
    {
        if (given.NeedsRanks)
        {
            Assert.That(() => Run(given, Knowledge.Nothing), Throws.InstanceOf<PipelineException>().With.Message.Contains("rank"));
        }

        if (given.NeedsSizes)
        {
            Assert.That(() => Run(given, Knowledge.Names), Throws.InstanceOf<PipelineException>().With.Message.Contains("sizes"));
            return Run(given, Knowledge.Numbers);
        }

        return Enum.GetValues<Knowledge>().Where(k => k != Knowledge.Nothing || !given.NeedsRanks).Max(k => Run(given, k));
    }

    /// <summary>Proves a case, all trained inputs at once and each alone.</summary>
    /// <returns>The largest relative difference.</returns>
    public static double Run(GradientCase given, Knowledge knowledge, GradientTable? table = null, FunctionLibrary? library = null)
    {
        var trained = Enumerable.Range(0, given.Inputs.Length).Where(i => given.Inputs[i] is { Trained: true }).ToArray();
        var feeds = Feeds(given, library);
        var forward = new Built(given, knowledge, feeds);
        var differences = trained.ToDictionary(i => i, i => Differences(forward, feeds, i, given.Opset, library));
        var worst = Compare(given, knowledge, feeds, trained, differences, table, library);
        return trained.Length < 2 ? worst : trained.Select(i => Compare(given, knowledge, feeds, [i], differences, table, library)).Append(worst).Max();
    }

    private static double Compare(GradientCase given, Knowledge knowledge, Dictionary<string, Array64> feeds, int[] trained, Dictionary<int, double[]> differences, GradientTable? table, FunctionLibrary? library)
    {
        var built = new Built(given, knowledge, feeds);
        var parameters = trained.Select(i => built.Inputs[i]!).ToArray();
        Decomposition.Apply(built.Graph, given.Opset);
        var gradients = Backward.Append(built.Graph, new Dictionary<string, int> { [""] = given.Opset, ["com.microsoft"] = 1, ["ai.onnxpipeline"] = 1, ["test"] = 1 }, built.Loss, parameters, table);
        var run = Interpreter.Run(built.Graph, feeds, given.Opset, library);
        CheckShapes(built.Graph, run);
        double worst = 0;
        foreach (var i in trained)
        {
            var value = given.Inputs[i]!.Value;
            Assert.That(gradients, Does.ContainKey(built.Inputs[i]!), $"input {i} has no gradient");
            var gradient = gradients[built.Inputs[i]!];
            Assert.That(gradient.Element, Is.EqualTo(ElementType.Double));
            Assert.That(run[gradient].Dims, Is.EqualTo(value.Dims), $"shape of the gradient of input {i}");
            foreach (var (found, wanted) in run[gradient].Doubles.Zip(differences[i]))
            {
                var error = Math.Abs(found - wanted) / Math.Max(1, Math.Abs(wanted));
                Assert.That(error, Is.LessThan(Tolerance), $"gradient of input {i}: {found}, by differences {wanted}; all: {string.Join(" ", run[gradient].Doubles)} against {string.Join(" ", differences[i])}");
                worst = Math.Max(worst, error);
            }
        }

        return worst;
    }

    /// <summary>Names stand for one number each, and what inference says of a shape is true.</summary>
    private static void CheckShapes(Graph graph, Evaluation run)
    {
        Dictionary<string, int> sizes = [];
        foreach (var value in graph.Inputs.Concat(graph.Nodes.SelectMany(n => n.Outputs)).Where(v => v.Shape is not null && run.Has(v)))
        {
            var (claimed, found) = (value.Shape!, run[value].Dims);
            Assert.That(claimed.Rank, Is.EqualTo(found.Length), $"rank of {value}, made by {value.Producer}");
            foreach (var (dim, size) in claimed.Zip(found))
            {
                var wanted = dim.IsKnown ? dim.Value : dim.Symbol is { } symbol ? sizes.TryAdd(symbol, size) ? size : sizes[symbol] : size;
                Assert.That(size, Is.EqualTo(wanted), $"size {dim} of {value}, made by {value.Producer}");
            }
        }
    }

    private static Dictionary<string, Array64> Feeds(GradientCase given, FunctionLibrary? library)
    {
        Dictionary<string, Array64> feeds = [];
        for (var i = 0; i < given.Inputs.Length; i++)
        {
            if (given.Inputs[i] is { Constant: false } input)
            {
                feeds.Add($"x{i}", input.Value);
            }
        }

        // Run once without a loss to see what shapes the outputs have.
        var built = new Built(given, Knowledge.Numbers, null);
        var run = Interpreter.Run(built.Graph, feeds, given.Opset, library);
        foreach (var i in given.Used)
        {
            var dims = run[built.Node.Outputs[i]].Dims;
            var random = new Random(i + 5);
            feeds.Add($"r{i}", new(Enumerable.Range(0, dims.Aggregate(1, (n, d) => n * d)).Select(_ => random.NextDouble() + 0.5).ToArray(), dims));
        }

        return feeds;
    }

    // (8·(f(h) − f(−h)) − (f(2h) − f(−2h)))/12h: the error is of order h⁴
    private static double[] Differences(Built forward, Dictionary<string, Array64> feeds, int input, int opset, FunctionLibrary? library)
    {
        var x = feeds[$"x{input}"];
        double At(int place, double delta)
        {
            var moved = (double[])x.Doubles.Clone();
            moved[place] += delta;
            return Interpreter.Run(forward.Graph, new Dictionary<string, Array64>(feeds) { [$"x{input}"] = new(moved, x.Dims) }, opset, library)[forward.Loss].Doubles[0];
        }

        return [.. Enumerable.Range(0, x.Count).Select(i => ((8 * (At(i, Step) - At(i, -Step))) - (At(i, 2 * Step) - At(i, -2 * Step))) / (12 * Step))];
    }

    /// <summary>The graph of a case: the node, and the loss where the weights r are given.</summary>
    private sealed class Built
    {
        public Built(GradientCase given, Knowledge knowledge, Dictionary<string, Array64>? feeds)
        {
            Graph = new();
            var build = new GraphBuilder(Graph, given.Opset);
            Inputs = [.. given.Inputs.Select((x, i) => x is null ? null : x.Constant ? build.Constant(x.ToTensor()) : build.Input($"x{i}", x.Element, Declared(x.Value.Dims, $"x{i}", knowledge)))];
            Node = build.Ops(given.Op, Inputs, given.Outputs, given.Attributes, given.Domain);
            foreach (var y in Node.Outputs.Where(y => y.Element == ElementType.Undefined))
            {
                y.Type = new TensorType(ElementType.Double, null); // an operator that inference does not know
            }

            Loss = Node.Outputs[0];
            if (feeds is not null)
            {
                var parts = given.Used.Select(i =>
                {
                    var y = Node.Outputs[i];
                    var r = build.Input($"r{i}", ElementType.Double, knowledge == Knowledge.Numbers ? Declared(feeds[$"r{i}"].Dims, "", knowledge) : y.Shape);
                    return build.ReduceSumAll(build.Mul(y, r));
                }).ToArray();
                Loss = parts.Length == 1 ? parts[0] : build.Sum(parts);
            }
        }

        public Graph Graph { get; }

        public Value?[] Inputs { get; }

        public Node Node { get; }

        public Value Loss { get; }

        private static Shape? Declared(int[] dims, string name, Knowledge knowledge) => knowledge switch
        {
            Knowledge.Numbers => Shape.Of(dims.Select(d => (long)d)),
            Knowledge.Names => Shape.Of([.. dims.Select((_, i) => Dim.Named($"{name}_{i}"))]),
            _ => null,
        };
    }
}
