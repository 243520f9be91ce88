using OnnxPipeline.Files;

namespace OnnxPipeline.Ir;

/// <summary>
/// An edge of the graph. Its identity is the edge; <see cref="Name"/> is a label that serialization makes unique. A value is a graph
/// input, an initializer (<see cref="Initializer"/> is set; in IR version 3 it may be an input too), or an output of <see cref="Producer"/>.
/// </summary>
public sealed class Value
{
    private readonly List<Use> _uses = [];

    public Value(string name, OnnxType? type = null)
    {
        Name = name;
        Type = type;
    }

    public Value(string name, ElementType element, Shape? shape) : this(name, new TensorType(element, shape))
    {
    }

    /// <summary>A consumer: <paramref name="Node"/> takes the value as its input number <paramref name="Index"/>.</summary>
    public readonly record struct Use(Node Node, int Index);

    public string Name { get; set; }

    /// <summary>Null where nothing is known.</summary>
    public OnnxType? Type { get; set; }

    /// <summary>The node that makes this value; null for graph inputs and initializers.</summary>
    public Node? Producer { get; internal set; }

    /// <summary>Which output of <see cref="Producer"/> this is.</summary>
    public int OutputIndex { get; internal set; }

    /// <summary>The data of an initializer.</summary>
    public Tensor? Initializer { get; set; }

    public string? DocString { get; set; }

    /// <summary>What a round trip keeps without looking into it (metadata, denotations), as ValueInfoProto fields.</summary>
    public ReadOnlyMemory<byte> ForeignFields { get; set; }

    /// <summary>The same of an initializer, as TensorProto fields.</summary>
    public ReadOnlyMemory<byte> ForeignTensorFields { get; set; }

    /// <summary>Consumers, subgraphs' nodes included, in no particular order. Being a graph output is not a use: see <see cref="Graph.Outputs"/>.</summary>
    public IReadOnlyList<Use> Uses => _uses;

    /// <summary>The element type of a tensor, <see cref="ElementType.Undefined"/> where unknown.</summary>
    public ElementType Element => (Type as TensorType)?.Element ?? ElementType.Undefined;

    /// <summary>The shape of a tensor, null where not even the rank is known.</summary>
    public Shape? Shape => (Type as TensorType)?.Shape;

    /// <summary>
    /// The elements of this value where they are known when the graph is built: an initializer's data, or the <c>value</c> of the Constant node
    /// that makes it (also <c>value_ints</c>, <c>value_int</c>, <c>value_float</c>, <c>value_floats</c>). Null otherwise.
    /// </summary>
    public Tensor? ConstantData => Initializer ?? Producer?.ConstantOutput();

    /// <summary>What shape inference found out about the elements of a small integer tensor; null where nothing.</summary>
    internal Dim[]? Elements { get; set; }

    public override string ToString() => $"{(Name.Length == 0 ? "(unnamed)" : Name)}: {Type?.ToString() ?? "unknown type"}";

    internal void AddUse(Node node, int index) => _uses.Add(new(node, index));

    internal void RemoveUse(Node node, int index)
    {
        // The newest use is the likeliest to go, and order does not matter: swap with the last.
        for (var i = _uses.Count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(_uses[i].Node, node) && _uses[i].Index == index)
            {
                _uses[i] = _uses[^1];
                _uses.RemoveAt(_uses.Count - 1);
                return;
            }
        }
    }
}
