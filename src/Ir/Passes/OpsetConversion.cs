using OnnxPipeline.Ir.Passes.Opsets;

namespace OnnxPipeline.Ir;

/// <summary>
/// Raises models to opset 18, so that rules and function bodies have one form. An operator whose meaning or form changed on the way is
/// rewritten (<see cref="OpsetSteps"/>); all others only gained types or defaults that change nothing. LayerNormalization below 17, which
/// some exporters write before ONNX had it, is taken for what it became.
/// </summary>
public static class OpsetConversion
{
    /// <summary>The lowest opset that can be raised.</summary>
    public const int Lowest = 7;

    private const int IrVersionOf18 = 8;

    /// <summary>
    /// Changes the model in place. Bodies of local functions are raised from their own import; afterwards they and the model are at the same
    /// opset: <paramref name="opset"/>, or the highest that one of them has.
    /// </summary>
    /// <remarks>Types and shapes of a model that has to be raised are inferred before: of some operators the new form depends on them.</remarks>
    /// <param name="opset">18 or above.</param>
    /// <exception cref="IrException">The opset is below 7, its shapes contradict each other, or an operator has a form for which there is no way up; the message names the node.</exception>
    public static void Raise(Model model, int opset = 18)
    {
        var to = model.Functions.Select(f => f.OpsetImports.GetValueOrDefault("")).Append(model.Opset).Append(opset).Max();
        if (model.Opset >= Lowest && model.Opset < to)
        {
            ShapeInference.Infer(model);
        }

        Raise(model.Graph, model.OpsetImports, to);
        foreach (var function in model.Functions)
        {
            Raise(function.Body, function.OpsetImports, to);
        }

        model.IrVersion = Math.Max(model.IrVersion, IrVersionOf18);
    }

    private static void Raise(Graph graph, OrderedDictionary<string, int> imports, int to)
    {
        if (!imports.TryGetValue("", out var from))
        {
            from = to; // none of ONNX's own operators
        }

        if (from < Lowest)
        {
            throw new IrException($"The graph '{graph.Name}' has opset {from}; opset {Lowest} is the lowest that can be raised. Export the model with opset 17 to 21.");
        }

        foreach (var node in graph.AllNodes().Where(n => n.Domain.Length == 0).ToList())
        {
            for (var version = from + 1; version <= to && node.Owner is not null; version++)
            {
                OpsetSteps.At(node.OpType, version)?.Rewrite(node, new GraphBuilder(node.Owner, to, before: node, scope: (node.Name.Length > 0 ? node.Name : node.Outputs[0].Name) + "/"));
            }
        }

        imports[""] = to;
    }
}
