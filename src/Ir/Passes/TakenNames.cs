namespace OnnxPipeline.Ir;

/// <summary>Names of values that those which a pass brings in must not have.</summary>
internal sealed class TakenNames
{
    private readonly HashSet<string> _names = [];

    /// <summary>What a graph itself defines; not its subgraphs: serialization gives a value inside another name where it has one of those around it.</summary>
    public void Add(Graph graph) => _names.UnionWith(graph.Inputs.Concat(graph.Initializers).Concat(graph.SparseInitializers).Concat(graph.Nodes.SelectMany(n => n.Outputs)).Select(v => v.Name));

    /// <summary>The name, with a number behind it where it is taken; taken from now on.</summary>
    public string Unique(string name)
    {
        var unique = name;
        for (var i = 1; !_names.Add(unique); i++)
        {
            unique = $"{name}_{i}";
        }

        return unique;
    }
}
