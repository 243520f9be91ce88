namespace OnnxPipeline.Ir;

/// <summary>Inputs, initializers, nodes in topological order, outputs: a model's main graph, a subgraph, or the body of a function.</summary>
public sealed class Graph
{
    public Graph(string name = "")
    {
        Name = name;
        Nodes = new(this);
    }

    public string Name { get; set; }

    public string? DocString { get; set; }

    /// <summary>In order; an initializer that is listed as an input too (IR version 3) stands in both lists.</summary>
    public List<Value> Inputs { get; } = [];

    /// <summary>Values whose <see cref="Value.Initializer"/> is set, in file order.</summary>
    public List<Value> Initializers { get; } = [];

    /// <summary>Initializers whose elements stand as sparse tensors in <see cref="ForeignFields"/>, in file order; they keep their names.</summary>
    public List<Value> SparseInitializers { get; } = [];

    public NodeList Nodes { get; }

    /// <summary>In order; the same value may stand here more than once only under different names, which ONNX does not allow: each is distinct.</summary>
    public List<Value> Outputs { get; } = [];

    /// <summary>What a round trip keeps without looking into it (sparse initializers, quantization annotations, metadata), as GraphProto fields.</summary>
    public ReadOnlyMemory<byte> ForeignFields { get; set; }

    /// <summary>
    /// Every use of <paramref name="old"/>, in this graph, its subgraphs and among <see cref="Outputs"/>, becomes one of <paramref name="replacement"/>.
    /// A graph output keeps its name: the replacement takes it (a graph input or initializer cannot, so the caller puts an Identity there).
    /// </summary>
    /// <exception cref="InvalidOperationException"><paramref name="old"/> is a graph output and the replacement is an input, an initializer or itself an output.</exception>
    public void ReplaceAllUses(Value old, Value replacement)
    {
        foreach (var use in old.Uses.ToArray())
        {
            use.Node.SetInput(use.Index, replacement);
        }

        var place = Outputs.IndexOf(old);
        if (place < 0)
        {
            return;
        }

        if (replacement.Producer is null || Outputs.Contains(replacement))
        {
            throw new InvalidOperationException($"Graph output {old} cannot be replaced by {replacement}: it needs an Identity node.");
        }

        Outputs[place] = replacement;
        (old.Name, replacement.Name) = (replacement.Name, old.Name);
        replacement.Type ??= old.Type;
    }

    /// <summary>All nodes of this graph and of the subgraphs inside it, outer nodes before inner ones.</summary>
    public IEnumerable<Node> AllNodes()
    {
        foreach (var node in Nodes)
        {
            yield return node;
            foreach (var inner in node.Subgraphs.SelectMany(g => g.AllNodes()))
            {
                yield return inner;
            }
        }
    }
}
