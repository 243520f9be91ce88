using OnnxPipeline.Ir.Passes.Opsets;

namespace OnnxPipeline.Ir;

/// <summary>
/// Raises models to opset 18, so that rules and function bodies have one form. An operator whose meaning or form changed on the way is
/// rewritten (<see cref="OpsetSteps"/>); all others only gained types or defaults that change nothing.
/// </summary>
public static class OpsetConversion
{
    /// <summary>The lowest opset that can be raised.</summary>
    public const int Lowest = 11;

    private const int IrVersionOf18 = 8;

    /// <summary>Changes the model in place; does nothing where it is at <paramref name="opset"/> or above. Bodies of local functions are raised by their own imports.</summary>
    /// <exception cref="IrException">The opset is below 11, or an operator has a form for which there is no way up; the message names the node.</exception>
    public static void Raise(Model model, int opset = 18)
    {
        if (model.Opset > 0)
        {
            Raise(model.Graph, model.Opset, opset);
            model.OpsetImports[""] = Math.Max(model.Opset, opset);
        }

        foreach (var function in model.Functions)
        {
            if (function.OpsetImports.TryGetValue("", out var own))
            {
                Raise(function.Body, own, opset);
                function.OpsetImports[""] = Math.Max(own, opset);
            }
        }

        model.IrVersion = Math.Max(model.IrVersion, IrVersionOf18);
    }

    private static void Raise(Graph graph, int from, int to)
    {
        if (from < Lowest && from < to)
        {
            throw new IrException($"The graph '{graph.Name}' has opset {from}; opset {Lowest} is the lowest that can be raised. Export the model with opset {Lowest} or above, 17 to 21 best.");
        }

        if (from >= to)
        {
            return;
        }

        foreach (var node in graph.AllNodes().Where(n => n.Domain.Length == 0).ToList())
        {
            foreach (var step in OpsetSteps.Of(node.OpType).Where(s => s.Since > from && s.Since <= to))
            {
                if (node.Owner is not null)
                {
                    step.Rewrite(node, new GraphBuilder(node.Owner, Math.Max(to, 18), before: node, scope: (node.Name.Length > 0 ? node.Name : node.Outputs[0].Name) + "/"));
                }
            }
        }
    }
}
