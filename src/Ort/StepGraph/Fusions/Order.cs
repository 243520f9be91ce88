using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.StepGraph.Fusions;

/// <summary>The order of nodes, where a fused node needs a value earlier than its parts did.</summary>
internal static class Order
{
    /// <summary>Moves the nodes that <paramref name="value"/> follows from before <paramref name="before"/>; false, with nothing moved, where that node is one of them.</summary>
    public static bool Bring(Value? value, Node before)
    {
        HashSet<Node> needed = [];
        var open = new Stack<Value?>([value]);
        while (open.TryPop(out var next))
        {
            if (next?.Producer is { } node && needed.Add(node))
            {
                foreach (var input in node.Inputs.Concat(node.Subgraphs.SelectMany(graph => graph.AllNodes()).SelectMany(inner => inner.Inputs)))
                {
                    open.Push(input);
                }
            }
        }

        if (needed.Contains(before))
        {
            return false;
        }

        var nodes = before.Owner!.Nodes;
        foreach (var node in nodes.SkipWhile(node => node != before).Where(needed.Contains).ToList())
        {
            nodes.Unlink(node);
            nodes.InsertBefore(before, node);
        }

        return true;
    }
}
