namespace OnnxPipeline.Ir.Serialization;

/// <summary>
/// One name for each value of a graph, different from those of the graphs around it; graphs beside each other may share names. Inputs,
/// initializers and outputs keep theirs; what a node makes gets a number where its name is taken or empty. Nodes get unique names too.
/// </summary>
internal sealed class ValueNames
{
    private readonly ValueNames? _outer;
    private readonly Dictionary<Value, string> _names = [];
    private readonly HashSet<string> _values = [];
    private readonly HashSet<string> _nodes = [];
    private readonly Dictionary<string, int> _counts = [];

    /// <param name="outer">Names of the graph around this one.</param>
    /// <exception cref="IrException">A main graph with inputs, initializers or outputs of the same name.</exception>
    public ValueNames(Graph graph, ValueNames? outer = null)
    {
        _outer = outer;
        foreach (var value in graph.SparseInitializers.Concat(graph.Inputs).Concat(graph.Initializers).Concat(graph.Outputs))
        {
            // Those of inner graphs are told apart by their place, so that a number may follow.
            if (!_names.ContainsKey(value) && Name(value) != value.Name && outer is null)
            {
                throw new IrException($"The graph '{graph.Name}' has two inputs, initializers or outputs called '{value.Name}', or one without a name; each needs a name of its own.");
            }
        }

        foreach (var value in graph.Nodes.SelectMany(n => n.Outputs))
        {
            if (!_names.ContainsKey(value) && (value.Name.Length > 0 || value.Uses.Count > 0))
            {
                Name(value);
            }
        }
    }

    /// <summary>The name of a value that somebody uses; empty for an output that is left out.</summary>
    /// <exception cref="IrException">No graph in sight makes the value.</exception>
    public string this[Value value] => Find(value)
        ?? (value.Name.Length == 0 && value.Uses.Count == 0 ? "" : throw new IrException($"The value '{value.Name}' is used where no input, initializer or node in sight makes it."));

    public string Of(Node node) => node.Name.Length == 0 ? "" : Unique(node.Name, n => n._nodes);

    private string? Find(Value value) => _names.TryGetValue(value, out var name) ? name : _outer?.Find(value);

    private string Name(Value value) => _names[value] = Unique(value.Name.Length == 0 ? "value" : value.Name, n => n._values);

    private string Unique(string name, Func<ValueNames, HashSet<string>> taken)
    {
        var unique = name;
        while (IsTaken(unique, taken))
        {
            var count = _counts[name] = _counts.GetValueOrDefault(name) + 1;
            unique = $"{name}_{count}";
        }

        taken(this).Add(unique);
        return unique;
    }

    private bool IsTaken(string name, Func<ValueNames, HashSet<string>> taken) => taken(this).Contains(name) || _outer?.IsTaken(name, taken) == true;
}
