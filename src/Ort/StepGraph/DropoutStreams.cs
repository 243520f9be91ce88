using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.StepGraph;

/// <summary>
/// ONNX Dropout, whose generator has a state that cannot be saved, becomes the counter-based one: each node gets a seed of its own as a graph
/// input, all of them the same step.
/// </summary>
internal static class DropoutStreams
{
    public const string StepName = "dropout.step";

    /// <summary>Changes the graph in place.</summary>
    /// <returns>The names of the seeds' inputs, one a node in graph order; without any there is no step either.</returns>
    public static IReadOnlyList<string> Apply(Graph graph, int opset)
    {
        List<string> seeds = [];
        Value? step = null;
        foreach (var node in graph.Nodes)
        {
            if (node.OpType != "Dropout" || node.Domain.Length > 0 || node.Input(2)?.ConstantData is not { Type: ElementType.Bool } mode || mode.Bytes.Span[0] == 0)
            {
                continue;
            }

            var build = new GraphBuilder(graph, opset, before: node);
            if (IsZero(node) && TryRemove(graph, node))
            {
                continue;
            }

            step ??= build.Input(StepName, ElementType.Int64, Shape.Scalar);
            seeds.Add($"dropout.seed.{seeds.Count}");
            var seed = build.Input(seeds[^1], ElementType.Int64, Shape.Scalar);
            var ours = build.Ops("Dropout", [node.Inputs[0], node.Input(1) ?? build.Constant(0.5f), seed, step], 2, domain: "ai.onnxpipeline", name: node.Name);
            for (var i = 0; i < node.Outputs.Count; i++)
            {
                ours.Outputs[i].Type ??= node.Outputs[i].Type;
                graph.ReplaceAllUses(node.Outputs[i], ours.Outputs[i]);
            }

            graph.Nodes.Remove(node);
        }

        return seeds;
    }

    private static bool IsZero(Node node) => node.Input(1)?.ConstantData is { Type: ElementType.Float, Count: 1 } ratio && ratio.As<float>()[0] == 0;

    /// <summary>Takes out a dropout of nothing, with its gradient.</summary>
    private static bool TryRemove(Graph graph, Node node)
    {
        var (x, y) = (node.Inputs[0]!, node.Outputs[0]);
        var mask = node.Output(1);
        var gradients = mask?.Uses.Select(use => use.Node).ToList() ?? [];
        if (graph.Outputs.Contains(y) || (mask is not null && graph.Outputs.Contains(mask))
            || gradients.Any(gradient => gradient is not { OpType: "DropoutGrad", Domain: "com.microsoft" } || graph.Outputs.Contains(gradient.Outputs[0])))
        {
            return false;
        }

        foreach (var gradient in gradients)
        {
            graph.ReplaceAllUses(gradient.Outputs[0], gradient.Inputs[0]!);
            graph.Nodes.Remove(gradient);
        }

        graph.ReplaceAllUses(y, x);
        graph.Nodes.Remove(node);
        return true;
    }
}
