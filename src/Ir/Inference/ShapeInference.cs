using OnnxPipeline.Ir.Functions;
using OnnxPipeline.Ir.Inference;

namespace OnnxPipeline.Ir;

/// <summary>
/// Types and shapes of node outputs from those of the inputs. Sizes that are no numbers are names; arithmetic on them gives expression names
/// in one normal form, so that equal sizes have equal names. What an operator without a rule gives stays as it was.
/// </summary>
public static class ShapeInference
{
    /// <summary>
    /// Sets <see cref="Value.Type"/> of the outputs of <paramref name="node"/> as far as its inputs tell. Unknown dimensions of the inputs get
    /// names of their own (<see cref="Dim.Fresh"/>). What an output's type says already fills what the inputs do not tell.
    /// </summary>
    /// <param name="opset">The version of ONNX's own operators in force.</param>
    /// <exception cref="IrException">The types or shapes of the inputs contradict each other, or an input of places or sizes holds no whole numbers.</exception>
    public static void Infer(Node node, int opset)
    {
        if (node.Outputs.Count == 0 || node.Attributes.Values.Any(a => a is ReferenceAttribute))
        {
            return; // inside a function body an attribute is known only at the call
        }

        if (TypeRules.Find(node.Domain, node.OpType) is not { } rule)
        {
            FunctionLibrary.Default.Find(node.Domain, node.OpType)?.Infer?.Invoke(node);
            return;
        }

        WholeNumberInputs.Check(node);
        var context = new InferenceContext(node, opset);
        rule(context);
        ElementRules.Apply(context);
    }

    /// <summary>
    /// The same for every node of a model in order, subgraphs included; takes time linear in the size of the graph. Types that the file gives stay
    /// where inference knows nothing better. Calls of local functions keep the types they have: inline them first.
    /// </summary>
    /// <exception cref="IrException">Shapes of the model contradict each other; the message names the node.</exception>
    public static void Infer(Model model) => Infer(model.Graph, model.Opset, [.. model.Functions.Select(f => (f.Domain, f.Name))]);

    private static void Infer(Graph graph, int opset, HashSet<(string, string)> functions)
    {
        foreach (var initializer in graph.Initializers)
        {
            if (initializer.Initializer is { } data)
            {
                initializer.Type = new TensorType(data.Type, Shape.Of(data.Dims));
            }
        }

        foreach (var node in graph.Nodes)
        {
            foreach (var inner in node.Subgraphs)
            {
                Inside(node, () => Infer(inner, opset, functions));
            }

            if (!functions.Contains((node.Domain, node.OpType)))
            {
                Infer(node, opset);
            }
        }
    }

    /// <summary>
    /// Looks into a subgraph. Where the node is an If, shapes that contradict each other inside are no error of the model: the branch is one that is not taken with these shapes, as
    /// where an exporter drops an axis of size 1 only if it has that size. What is known before it stays.
    /// </summary>
    internal static void Inside(Node node, Action look)
    {
        try
        {
            look();
        }
        catch (IrException) when (node.OpType == "If" && node.Domain.Length == 0)
        {
        }
    }
}
