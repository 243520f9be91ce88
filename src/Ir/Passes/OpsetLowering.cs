using OnnxPipeline.Files;
using OnnxPipeline.Ir.Passes.Lowerings;

namespace OnnxPipeline.Ir;

/// <summary>
/// Brings models down to opset 21, the newest that Microsoft's last training runtime loads: what came later is written in older operators
/// (<see cref="NewerOperators"/>). Operators that only gained element types since keep their form.
/// </summary>
public static class OpsetLowering
{
    /// <summary>The opset that a lowered model has at most.</summary>
    public const int Opset = 21;

    private static readonly HashSet<ElementType> NewerTypes = [ElementType.Float4E2M1, ElementType.Float8E8M0, ElementType.Int2, ElementType.UInt2];

    /// <summary>Changes the model in place; one of opset 21 or below stays as it is.</summary>
    /// <param name="refused">Takes a node for which there is none, and leaves it; null: it is an error.</param>
    /// <exception cref="IrException">An operator or element type for which there is no way down; the message names the node.</exception>
    public static void Lower(Model model, Action<Node>? refused = null)
    {
        Lower(model.Graph, model.OpsetImports, refused);
        foreach (var function in model.Functions)
        {
            Lower(function.Body, function.OpsetImports, refused);
        }
    }

    private static void Lower(Graph graph, OrderedDictionary<string, int> imports, Action<Node>? refused)
    {
        if (imports.GetValueOrDefault("", Opset) <= Opset)
        {
            return;
        }

        foreach (var node in graph.AllNodes().Where(n => n.Domain.Length == 0).ToList())
        {
            if (node.Inputs.Concat(node.Outputs).FirstOrDefault(v => v is not null && NewerTypes.Contains(v.Element)) is { } value)
            {
                if (refused is not null)
                {
                    refused(node);
                    continue;
                }

                throw new IrException($"{node.Describe()}: '{value.Name}' has the element type {value.Element}, which opset {Opset} does not know. Export the model with float32 weights.");
            }

            if (NewerOperators.Table.TryGetValue(node.OpType, out var lower))
            {
                Rewriting.Try(node, lower, refused, new GraphBuilder(node.Owner!, Opset, before: node, scope: (node.Name.Length > 0 ? node.Name : node.Outputs[0].Name) + "/"));
            }
        }

        imports[""] = Opset;
    }
}
