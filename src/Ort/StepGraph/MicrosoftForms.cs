using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.StepGraph;

/// <summary>What Microsoft's own tool writes and our bodies do not define, in the forms that they do.</summary>
internal static class MicrosoftForms
{
    private const string Microsoft = "com.microsoft";

    /// <summary>A label that there is not.</summary>
    private const long NoLabel = long.MinValue;

    /// <summary>What an operator's name ends with that only a training runtime has.</summary>
    private static readonly string[] Endings = ["Grad", "Grad_13", "Training", "Internal"];

    /// <summary>Changes the graph in place.</summary>
    /// <exception cref="OrtException">An operator of Microsoft's training runtime is left that nothing here computes.</exception>
    public static void Apply(Model model)
    {
        var (graph, opset) = (model.Graph, model.Opset);
        foreach (var node in graph.Nodes.Where(node => node.Domain is Microsoft or "").ToList())
        {
            IReadOnlyList<Value?>? results = node.OpType switch
            {
                "ConvGrad" => MicrosoftConvolutions.ConvGrad(node, Before(node)),
                "MaxPoolGrad" => [MicrosoftConvolutions.MaxPoolGrad(node, Before(node))],
                "SoftmaxCrossEntropyLossGrad" when !IsPlain(node) => [CrossEntropy(node, Before(node))],
                "ConcatTraining" => Concat(node, Before(node)),
                "SplitTraining" => Before(node).Split(node.Inputs[0]!, node.Inputs[1]!, node.Outputs.Count, node.Int("axis", 0)),
                _ => null,
            };
            if (results is null)
            {
                continue;
            }

            for (var i = 0; i < results.Count; i++)
            {
                if (results[i] is { } result)
                {
                    result.Type ??= node.Outputs[i].Type;
                    graph.ReplaceAllUses(node.Outputs[i], result);
                }
            }

            graph.Nodes.Remove(node);
        }

        if (graph.Nodes.FirstOrDefault(node => IsUnknown(node, model)) is { } unknown)
        {
            throw new OrtException($"{unknown.Describe()} is an operator of Microsoft's training runtime for which there is neither a kernel nor a definition here. Make artifacts of the forward model anew with 'onnxpipe artifacts'.");
        }

        GraphBuilder Before(Node node) => new(graph, opset, before: node, scope: node.Name + "/");
    }

    private static bool IsUnknown(Node node, Model model) => node.Domain is Microsoft or "" && Endings.Any(ending => node.OpType.EndsWith(ending, StringComparison.Ordinal))
        && OperatorLibrary.Instance.Find(node.Domain, node.OpType) is not { Body: not null } && !model.Functions.Any(f => (f.Domain, f.Name) == (node.Domain, node.OpType));

    private static bool IsPlain(Node node) => node.Text("reduction", "mean") == "sum" && node.Input(3) is null && node.Attributes.ContainsKey("ignore_index");

    // (e^log_prob − onehot(label))·weight·dy, 0 for ignored labels; reduction mean divides by what counted, and is 0 where nothing did.
    // The body defines one form: reduction sum without weights, ignore_index written; the rest stands outside.
    private static Value CrossEntropy(Node node, GraphBuilder b)
    {
        var (dY, logProb, labels, reduction) = (node.Inputs[0]!, node.Inputs[1]!, node.Inputs[2]!, node.Text("reduction", "mean"));
        var ignored = node.Int("ignore_index", NoLabel);
        var counts = b.Not(b.Equal(b.Cast(labels, ElementType.Int64), b.Constant(Tensor.Scalar(ignored)))); // [N, d...]
        var weights = node.Input(3) is { } classes // [N, d...], 0 for ignored labels
            ? b.Mul(b.Gather(classes, b.Where(counts, labels, b.CastLike(b.Constant(Tensor.Scalar(0L)), labels))), b.CastLike(counts, classes))
            : null;
        if (reduction == "mean")
        {
            var total = b.ReduceSumAll(weights ?? b.CastLike(counts, dY));
            dY = b.Div(dY, b.Where(b.Equal(total, b.ConstantLike(dY, 0)), b.ConstantLike(dY, 1), total));
        }

        Value Gradient(Value scale) =>
            b.Op("SoftmaxCrossEntropyLossGrad", [scale, logProb, labels], [("reduction", "sum"), ("ignore_index", ignored)], Microsoft);
        if (weights is null && reduction != "none")
        {
            return Gradient(dY);
        }

        var factor = weights is null ? dY : b.Mul(weights, dY); // [N, d...]
        return b.Mul(Gradient(b.ConstantLike(dY, 1)), b.Unsqueeze(factor, 1));
    }

    // Concat; its second output, which few graphs use, is each input's length along the axis.
    private static IReadOnlyList<Value> Concat(Node node, GraphBuilder b)
    {
        var axis = node.Int("axis", 0);
        var joined = b.Op("Concat", [.. node.Inputs], [("axis", axis)]);
        if (node.Output(1) is not { Uses.Count: > 0 })
        {
            return [joined];
        }

        return [joined, b.Concat(0, [.. node.Inputs.Select(input => b.Gather(b.Shape(input!), b.Constant(axis)))])];
    }
}
