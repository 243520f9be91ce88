using OnnxPipeline.Ir;

namespace OnnxPipeline.Reference;

/// <summary>What a graph computed: every value of it, and its outputs by name.</summary>
public sealed class Evaluation
{
    private readonly IReadOnlyDictionary<Value, Array64> _values;

    internal Evaluation(Graph graph, IReadOnlyDictionary<Value, Array64> values)
    {
        _values = values;
        Outputs = graph.Outputs.ToDictionary(v => v.Name, v => values[v]);
    }

    public IReadOnlyDictionary<string, Array64> Outputs { get; }

    /// <summary>The graph output of that name.</summary>
    public Array64 this[string name] => Outputs[name];

    /// <summary>Whether the value was computed (an optional output may not be).</summary>
    public bool Has(Value value) => _values.ContainsKey(value);

    /// <summary>Any value of the graph (not of subgraphs and function bodies).</summary>
    public Array64 this[Value value] => _values[value];
}
