using OnnxPipeline.Files;
using OnnxPipeline.Ir.Passes.Folding;
using OnnxPipeline.Ir.Inference;

namespace OnnxPipeline.Ir;

/// <summary>
/// Replaces by Constant nodes what is known before the graph runs: shape arithmetic of which inference knows the result, and integer, bool and
/// scalar float computations on constants. Float tensors of rank 1 and more are neither taken nor made: whether one is a weight is decided by
/// its use, and a computed table must not turn into one. Nodes that became useless are left for <see cref="DeadCode"/>.
/// </summary>
public static class ConstantFolding
{
    /// <summary>Larger results are left to the run: storing them would cost more than computing them.</summary>
    private const long MostElements = 16_384;

    /// <summary>Changes <paramref name="model"/> in place, subgraphs too, and infers types and shapes as it goes; takes time linear in the size of the graph.</summary>
    /// <param name="keep">Initializers and Constant outputs that count as unknown, such as those that will be trained; null: none.</param>
    /// <returns>The number of nodes replaced.</returns>
    /// <exception cref="IrException">Shapes of the model contradict each other.</exception>
    public static int Fold(Model model, Func<Value, bool>? keep = null)
    {
        var functions = model.Functions.Select(f => (f.Domain, f.Name)).ToHashSet();
        return Fold(model.Graph, model.Opset, functions, keep ?? (_ => false));
    }

    private static int Fold(Graph graph, int opset, HashSet<(string, string)> functions, Func<Value, bool> keep)
    {
        var folded = 0;
        foreach (var node in graph.Nodes)
        {
            foreach (var inner in node.Subgraphs.ToList())
            {
                ShapeInference.Inside(node, () => folded += Fold(inner, opset, functions, keep));
            }

            if (functions.Contains((node.Domain, node.OpType)))
            {
                continue;
            }

            ShapeInference.Infer(node, opset);
            folded += Fold(node, opset, keep) ? 1 : 0;
        }

        return folded;
    }

    /// <summary>Puts a Constant node in the place of a node whose output is known; types and shapes up to it are inferred.</summary>
    internal static bool Fold(Node node, int opset, Func<Value, bool> keep)
    {
        if (node.OpType == "Constant" || node.Domain.Length > 0 || node.Outputs.Count != 1 || Result(node, keep) is not { } result)
        {
            return false;
        }

        var (graph, output) = (node.Owner!, node.Outputs[0]);
        var builder = new GraphBuilder(graph, opset, node);
        var constant = builder.Op("Constant", [], [("value", result)], name: node.Name.Length > 0 ? node.Name : null);
        constant.Name = output.Name;
        graph.ReplaceAllUses(output, constant);
        graph.Nodes.Remove(node);
        return true;
    }

    private static Tensor? Result(Node node, Func<Value, bool> keep)
    {
        var output = node.Outputs[0];
        if (output.Shape?.Count is not (>= 0 and <= MostElements) || output.Element.IsFloat() && output.Shape.Rank > 0 || node.Inputs.Any(x => x is not null && keep(x)))
        {
            return null;
        }

        var dims = output.Shape.ToArray();
        if (output.Elements is { } elements && Array.TrueForAll(elements, d => d.IsKnown))
        {
            return new Literal(output.Element, dims, Array.ConvertAll(elements, d => d.Value)).ToTensor();
        }

        if (!Evaluators.Table.TryGetValue(node.OpType, out var evaluate))
        {
            return null;
        }

        var inputs = new Literal?[node.Inputs.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            if (node.Inputs[i] is { } input && (inputs[i] = Known(input)) is null)
            {
                return null;
            }
        }

        return evaluate(new(node, inputs, output.Element, dims))?.ToTensor();
    }

    private static Literal? Known(Value value) =>
        value.ConstantData is { } data && data.Count <= MostElements && !(data.Type.IsFloat() && data.Rank > 0) ? Literal.From(data) : null;
}
