namespace OnnxPipeline.Ir.Serialization;

/// <summary>
/// One name for each value of a graph and its subgraphs. Inputs, initializers and outputs keep theirs; what a node makes gets a number
/// where its name is taken or empty. Nodes get unique names too.
/// </summary>
internal sealed class ValueNames
{
    private readonly Dictionary<Value, string> _names = [];
    private readonly HashSet<string> _taken = [];
    private readonly HashSet<string> _nodes = [];
    private readonly Dictionary<string, int> _counts = [];

    public ValueNames(Graph graph)
    {
        Keep(graph);
        foreach (var inner in graph.AllNodes().SelectMany(n => n.Subgraphs))
        {
            foreach (var value in inner.Inputs.Concat(inner.Initializers).Concat(inner.Outputs))
            {
                _ = this[value]; // these are told apart by their place, so that a number may follow
            }
        }
    }

    /// <summary>The name of a value that somebody uses; empty for an output that is left out.</summary>
    public string this[Value value]
    {
        get
        {
            if (!_names.TryGetValue(value, out var name))
            {
                name = value.Name.Length == 0 && value.Uses.Count == 0 ? "" : Unique(value.Name.Length == 0 ? "value" : value.Name, _taken);
                _names.Add(value, name);
            }

            return name;
        }
    }

    public string Of(Node node) => node.Name.Length == 0 ? "" : Unique(node.Name, _nodes);

    private void Keep(Graph graph)
    {
        foreach (var value in graph.Inputs.Concat(graph.Initializers).Concat(graph.Outputs))
        {
            if (_names.ContainsKey(value))
            {
                continue;
            }

            if (value.Name.Length == 0 || !_taken.Add(value.Name))
            {
                throw new IrException($"The graph '{graph.Name}' has two inputs, initializers or outputs called '{value.Name}'; each needs a name of its own.");
            }

            _names.Add(value, value.Name);
        }
    }

    private string Unique(string name, HashSet<string> taken)
    {
        var unique = name;
        while (!taken.Add(unique))
        {
            var count = _counts[name] = _counts.GetValueOrDefault(name) + 1;
            unique = $"{name}_{count}";
        }

        return unique;
    }
}
