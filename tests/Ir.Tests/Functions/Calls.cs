using OnnxPipeline.Files;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Functions;

/// <summary>One node evaluated in double: an operator of the library by its body, any other by the interpreter.</summary>
internal static class Calls
{
    public const string Microsoft = "com.microsoft";

    public static Array64[] Run(string op, string domain, int outputs, (string, AttributeValue)[] attributes, params Array64?[] inputs)
    {
        var graph = new Graph();
        var build = new GraphBuilder(graph, 18);
        Dictionary<string, Array64> feeds = [];
        var values = inputs.Select((x, i) =>
        {
            if (x is null)
            {
                return null;
            }

            feeds.Add($"x{i}", x);
            return build.Input($"x{i}", x.Data switch { double[] => ElementType.Double, long[] => ElementType.Int64, _ => ElementType.Bool }, Shape.Of(x.Dims.Select(d => (long)d)));
        }).ToArray();
        var node = build.Ops(op, values, outputs, attributes, domain);
        for (var i = 0; i < outputs; i++)
        {
            build.Output(node.Outputs[i], $"y{i}");
        }

        var result = Interpreter.Run(graph, feeds);
        return [.. Enumerable.Range(0, outputs).Select(i => result[$"y{i}"])];
    }

    public static Array64 Gradient(string op, params Array64?[] inputs) => Run(op, Microsoft, 1, [], inputs)[0];

    public static Array64 Forward(string op, string domain, (string, AttributeValue)[] attributes, params Array64?[] inputs) => Run(op, domain, 1, attributes, inputs)[0];

    /// <summary>Numbers in (−2, 2) that follow from the seed.</summary>
    public static Array64 Random(int seed, params int[] dims)
    {
        var random = new Random(seed);
        return new(Enumerable.Range(0, dims.Aggregate(1, (n, d) => n * d)).Select(_ => (random.NextDouble() * 4) - 2).ToArray(), dims);
    }

    /// <summary>d Σ(dY·f(x))/dx by central differences.</summary>
    public static double[] Differences(Array64 x, Array64 dY, Func<Array64, Array64> f)
    {
        const double h = 1e-5;
        double At(int place, double delta)
        {
            var moved = (double[])x.Doubles.Clone();
            moved[place] += delta;
            return f(new(moved, x.Dims)).Doubles.Zip(dY.Doubles, (y, g) => y * g).Sum();
        }

        return [.. Enumerable.Range(0, x.Count).Select(i => (At(i, h) - At(i, -h)) / (2 * h))];
    }
}
