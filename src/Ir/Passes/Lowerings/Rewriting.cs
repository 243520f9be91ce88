namespace OnnxPipeline.Ir.Passes.Lowerings;

/// <summary>Writing a node in other operators, where that may fail.</summary>
internal static class Rewriting
{
    /// <summary>Writes a node; what throws goes to <paramref name="refused"/> where there is one.</summary>
    public static void Try(Node node, Action<Node, GraphBuilder> write, Action<Node>? refused, GraphBuilder build)
    {
        try
        {
            write(node, build);
        }
        catch (IrException) when (refused is not null)
        {
            refused(node);
        }
    }

    /// <summary>An input that others of the node make necessary.</summary>
    public static Value Required(Node node, int index) =>
        node.Input(index) ?? throw new IrException($"{node.Describe()} lacks its input {index}, which the others require. Correct the node.");
}
