using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts.Tests;

/// <summary>A perceptron of two layers: x [batch, 3] → fc1 (4, Relu) → fc2 (2) → y [batch, 2].</summary>
internal static class Mlp
{
    public static readonly string[] Parameters = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"];

    /// <param name="hidden">What follows the first layer's Relu; null: nothing.</param>
    public static Model Create(Func<GraphBuilder, Value, Value>? hidden = null, int opset = 18)
    {
        var graph = new Graph("mlp");
        var build = new GraphBuilder(graph, opset);
        var x = build.Input("x", ElementType.Float, ["batch", 3]);
        var relu = build.Relu(Layer(build, x, "fc1", 3, 4));
        build.Output(Layer(build, hidden?.Invoke(build, relu) ?? relu, "fc2", 4, 2), "y");
        var model = new Model(graph);
        model.OpsetImports.Add("", opset);
        return model;
    }

    /// <summary>Numbers in (−1, 1) that follow from the seed.</summary>
    public static Tensor Random(int seed, params long[] dims)
    {
        var random = new Random(seed);
        return Tensor.From<float>([.. Enumerable.Range(0, (int)dims.Aggregate(1L, (n, d) => n * d)).Select(_ => (random.NextSingle() * 2) - 1)], dims);
    }

    private static Value Layer(GraphBuilder build, Value x, string name, long width, long count) => build.Add(
        build.MatMul(x, build.Initializer($"{name}.weight", Random(name.Length + (int)count, width, count))), build.Initializer($"{name}.bias", Random((int)width, count)));
}
