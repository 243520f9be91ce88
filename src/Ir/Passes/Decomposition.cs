using OnnxPipeline.Ir.Passes.Lowerings;

namespace OnnxPipeline.Ir;

/// <summary>
/// Writes operators in a form that has gradients, and that ONNX Runtime runs, before a graph is differentiated: attention and rotary embeddings,
/// ONNX's and Microsoft's, in products and Softmax; what ONNX Runtime's optimizer fused into normalizations, in sums and ONNX's normalizations;
/// recurrent layers of layout 1 with layout 0 between Transposes; images read at computed places, and local response normalization; rare
/// forms of a few operators that the runtimes compute differently.
/// </summary>
public static class Decomposition
{
    /// <summary>Changes the graph in place; other operators stay as they are.</summary>
    /// <param name="opset">The version of ONNX's own operators in force, 18 or above.</param>
    /// <param name="refused">Takes a node of which that cannot be done, and leaves it; null: it is an error.</param>
    /// <exception cref="IrException">A form of an operator that cannot be written; the message names the node and the reason.</exception>
    public static void Apply(Graph graph, int opset, Action<Node>? refused = null)
    {
        foreach (var node in graph.AllNodes().ToList())
        {
            if (ComposedOperators.Table.TryGetValue((node.Domain, node.OpType), out var form))
            {
                Rewriting.Try(node, form.Write, refused, new GraphBuilder(node.Owner!, opset, before: node, scope: (node.Name.Length > 0 ? node.Name : node.Outputs.First(y => y.Name.Length > 0).Name) + "/"));
            }
        }
    }
}
