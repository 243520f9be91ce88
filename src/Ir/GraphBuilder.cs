using OnnxPipeline.Files;

namespace OnnxPipeline.Ir;

/// <summary>
/// Appends nodes to a graph (or inserts them before a given node), inferring type and shape of every output as it goes.
/// Op methods with the ONNX names (<c>Add</c>, <c>MatMul</c>, …) are in the other parts of this class, one file a group of operators;
/// <see cref="Op"/> reaches any operator.
/// </summary>
public sealed partial class GraphBuilder
{
    private readonly Node? _before;
    private readonly string _scope;

    /// <param name="opset">The version of ONNX's own operators that the nodes follow; 18 and above.</param>
    /// <param name="before">Nodes are inserted before this one; null: at the end.</param>
    /// <param name="scope">Put before the names of nodes and values made here.</param>
    public GraphBuilder(Graph graph, int opset, Node? before = null, string scope = "")
    {
        Graph = graph;
        Opset = opset;
        _before = before;
        _scope = scope;
    }

    public Graph Graph { get; }

    public int Opset { get; }

    /// <summary>The same place with a longer scope: <c>scope</c> + <paramref name="name"/>.</summary>
    public GraphBuilder Scoped(string name) => new(Graph, Opset, _before, _scope + name);

    /// <summary>Adds a graph input.</summary>
    public Value Input(string name, ElementType element, Shape? shape)
    {
        var value = new Value(name, element, shape);
        Graph.Inputs.Add(value);
        return value;
    }

    /// <summary>Adds an initializer; the name is used as it is.</summary>
    public Value Initializer(string name, Tensor data)
    {
        var value = new Value(name, data.Type, Ir.Shape.Of(data.Dims)) { Initializer = data };
        Graph.Initializers.Add(value);
        return value;
    }

    /// <summary>Makes <paramref name="value"/> a graph output under <paramref name="name"/>.</summary>
    public void Output(Value value, string? name = null)
    {
        value.Name = name ?? value.Name;
        Graph.Outputs.Add(value);
    }

    /// <summary>A Constant node.</summary>
    public Value Constant(Tensor data) => Op("Constant", [], [("value", data)]);

    /// <summary>A float32 scalar constant (rank 0).</summary>
    public Value Constant(float value) => Constant(Tensor.Scalar(value));

    /// <summary>An int64 vector constant (rank 1).</summary>
    public Value Constant(params ReadOnlySpan<long> values) => Constant(Tensor.Vector(values));

    /// <summary>A rank-0 constant of the floating-point type of <paramref name="like"/> (float32 where that is unknown).</summary>
    public Value ConstantLike(Value like, double value) => Constant(like.Element switch
    {
        ElementType.Double => Tensor.Scalar(value),
        ElementType.Float16 => Tensor.Scalar((Half)value),
        ElementType.BFloat16 => new(ElementType.BFloat16, [], BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits((float)value) >> 16))),
        _ => Tensor.Scalar((float)value),
    });

    /// <summary>Appends a node with one output and gives that output.</summary>
    public Value Op(string opType, ReadOnlySpan<Value?> inputs, ReadOnlySpan<(string Name, AttributeValue Value)> attributes = default, string domain = "", string? name = null) =>
        Ops(opType, inputs, 1, attributes, domain, name).Outputs[0];

    /// <summary>Appends a node with <paramref name="outputs"/> outputs.</summary>
    /// <param name="name">The name of the node; outputs are named after it. Null: the scope and the operator.</param>
    public Node Ops(string opType, ReadOnlySpan<Value?> inputs, int outputs, ReadOnlySpan<(string Name, AttributeValue Value)> attributes = default, string domain = "", string? name = null)
    {
        var label = name is null ? _scope + opType : _scope + name;
        var results = new Value[outputs];
        for (var i = 0; i < outputs; i++)
        {
            results[i] = new(outputs == 1 ? label : $"{label}_{i}");
        }

        var last = inputs.Length;
        while (last > 0 && inputs[last - 1] is null)
        {
            last--; // optional inputs left out at the end are not written
        }

        var node = new Node(domain, opType, inputs[..last].ToArray(), results, label);
        foreach (var (key, value) in attributes)
        {
            node.Attributes.Add(key, value);
        }

        if (_before is null)
        {
            Graph.Nodes.Add(node);
        }
        else
        {
            Graph.Nodes.InsertBefore(_before, node);
        }

        ShapeInference.Infer(node, Opset);
        return node;
    }
}
