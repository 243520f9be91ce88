using OnnxPipeline.Ir;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Autodiff.Tests;

/// <summary>The gradients of Σ y of one node at given numbers, for the places where differences say nothing.</summary>
internal static class Gradients
{
    public static Array64[] Of(string op, (string, AttributeValue)[] attributes, params Given[] inputs)
    {
        var graph = new Graph();
        var build = new GraphBuilder(graph, 18);
        var values = inputs.Select((x, i) => build.Input($"x{i}", x.Element, Shape.Of(x.Value.Dims.Select(d => (long)d)))).ToArray();
        var loss = build.ReduceSumAll(build.Op(op, values, attributes));
        var gradients = Backward.Append(graph, new Dictionary<string, int> { [""] = 18, ["com.microsoft"] = 1 }, loss, values.Where((_, i) => inputs[i].Trained));
        var run = Interpreter.Run(graph, values.Select((v, i) => (v.Name, inputs[i].Value)).ToDictionary(p => p.Name, p => p.Value));
        return [.. values.Where(gradients.ContainsKey).Select(v => run[gradients[v]])];
    }
}
