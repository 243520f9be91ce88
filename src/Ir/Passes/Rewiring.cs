namespace OnnxPipeline.Ir;

/// <summary>What passes share that put the nodes of a body in the place of a node.</summary>
internal static class Rewiring
{
    /// <summary>Lets a value take the place of <paramref name="old"/>, an output of <paramref name="node"/>, which is about to go.</summary>
    /// <param name="inner">Whether the result is a value of the body, which nobody knows by name: it takes the name of the old one. Else it is known around the node, and keeps its own.</param>
    public static void Give(Node node, Value old, Value result, bool inner)
    {
        var graph = node.Owner!;
        if (graph.Outputs.Contains(old) && (result.Producer?.Owner != graph || graph.Outputs.Contains(result)))
        {
            var identity = new Node("", "Identity", [result], [new Value($"{old.Name}/Identity", old.Type)]);
            graph.Nodes.InsertBefore(node, identity);
            result = identity.Outputs[0];
        }

        graph.ReplaceAllUses(old, result);
        result.Type ??= old.Type;
        if (inner && !graph.Outputs.Contains(result) && old.Name.Length > 0)
        {
            (result.Name, old.Name) = (old.Name, "");
        }
    }
}
