using Google.Protobuf;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization.Proto;

namespace OnnxPipeline.Ir.Serialization;

/// <summary>Graphs and functions as messages.</summary>
internal sealed class GraphWriter(ExternalData? external)
{
    private static readonly Dictionary<Type, int> Kinds = new()
    {
        [typeof(FloatAttribute)] = 1,
        [typeof(IntAttribute)] = 2,
        [typeof(StringAttribute)] = 3,
        [typeof(TensorAttribute)] = 4,
        [typeof(GraphAttribute)] = 5,
        [typeof(FloatsAttribute)] = 6,
        [typeof(IntsAttribute)] = 7,
        [typeof(StringsAttribute)] = 8,
    };

    public GraphProto Write(Graph graph) => Write(graph, new ValueNames(graph));

    public FunctionProto Write(Function function)
    {
        if (function.Body.Initializers is [var weight, ..])
        {
            throw new IrException($"The body of the function {function.Domain}::{function.Name} has the initializer '{weight.Name}'; ONNX allows Constant nodes only.");
        }

        var proto = FunctionProto.Parser.ParseFrom(function.ForeignFields.Span);
        var names = new ValueNames(function.Body);
        proto.Name = function.Name;
        proto.Domain = function.Domain;
        if (function.Overload.Length > 0)
        {
            proto.Overload = function.Overload;
        }

        if (function.DocString is { } text)
        {
            proto.DocString = text;
        }

        proto.Input.AddRange(function.Body.Inputs.Select(v => names[v]));
        proto.Output.AddRange(function.Body.Outputs.Select(v => names[v]));
        proto.Node.AddRange(function.Body.Nodes.Select(n => Write(n, names)));
        proto.Attribute.AddRange(function.RequiredAttributes);
        proto.AttributeProto.AddRange(function.DefaultAttributes.Select(a => Write(a.Key, a.Value, names)));
        proto.OpsetImport.AddRange(function.OpsetImports.Select(o => new OperatorSetIdProto { Domain = o.Key, Version = o.Value }));
        return proto;
    }

    private GraphProto Write(Graph graph, ValueNames names)
    {
        var proto = GraphProto.Parser.ParseFrom(graph.ForeignFields.Span);
        proto.Name = graph.Name.Length > 0 ? graph.Name : "graph"; // the format wants one
        if (graph.DocString is { } text)
        {
            proto.DocString = text;
        }

        proto.Input.AddRange(graph.Inputs.Select(v => Describe(v, names)));
        proto.Initializer.AddRange(graph.Initializers.Select(v => Initializer(v, names)));
        proto.Node.AddRange(graph.Nodes.Select(n => Write(n, names)));
        proto.Output.AddRange(graph.Outputs.Select(v => Describe(v, names)));
        var outputs = graph.Outputs.ToHashSet();
        proto.ValueInfo.AddRange(graph.Nodes.SelectMany(n => n.Outputs).Where(v => IsWorthTelling(v) && !outputs.Contains(v)).Select(v => Describe(v, names)));
        return proto;
    }

    /// <summary>Intermediate types are written where every dimension means something outside this process.</summary>
    private static bool IsWorthTelling(Value value) =>
        value.Type is TensorType { Element: not ElementType.Undefined, Shape: { } shape } && value.Uses.Count > 0 && shape.All(d => d.IsKnown || d.Symbol is not null && !d.IsFresh);

    private TensorProto Initializer(Value value, ValueNames names)
    {
        var proto = TensorProtos.Write(names[value], value.Initializer!, external?.FileName, external?.Places.GetValueOrDefault(value));
        proto.MergeFrom(value.ForeignTensorFields.Span);
        if (value.DocString is { } text)
        {
            proto.DocString = text;
        }

        return proto;
    }

    private static ValueInfoProto Describe(Value value, ValueNames names)
    {
        var proto = ValueInfoProto.Parser.ParseFrom(value.ForeignFields.Span);
        var denotations = proto.Type;
        proto.Name = names[value];
        proto.Type = TypeProtos.Write(value.Type);
        TypeProtos.Denote(proto.Type, denotations);

        if (value.DocString is { } text && value.Initializer is null)
        {
            proto.DocString = text;
        }

        return proto;
    }

    private NodeProto Write(Node node, ValueNames names)
    {
        var proto = NodeProto.Parser.ParseFrom(node.ForeignFields.Span);
        proto.OpType = node.OpType;
        proto.Input.AddRange(node.Inputs.Select(v => v is null ? "" : names[v]));
        proto.Output.AddRange(node.Outputs.Select(v => names[v]));
        if (names.Of(node) is { Length: > 0 } name)
        {
            proto.Name = name;
        }

        if (node.Domain.Length > 0)
        {
            proto.Domain = node.Domain;
        }

        if (node.Overload.Length > 0)
        {
            proto.Overload = node.Overload;
        }

        if (node.DocString is { } text)
        {
            proto.DocString = text;
        }

        proto.Attribute.AddRange(node.Attributes.Select(a => Write(a.Key, a.Value, names)));
        return proto;
    }

    private AttributeProto Write(string name, AttributeValue value, ValueNames names)
    {
        if (value is ForeignAttribute foreign)
        {
            var kept = AttributeProto.Parser.ParseFrom(foreign.Proto.Span);
            kept.Name = name;
            return kept;
        }

        var proto = new AttributeProto { Name = name };
        if (value is ReferenceAttribute reference)
        {
            proto.RefAttrName = reference.Name;
            proto.Type = reference.Kind;
            return proto;
        }

        proto.Type = Kinds[value.GetType()];
        switch (value)
        {
            case FloatAttribute number:
                proto.F = number.Value;
                break;
            case IntAttribute number:
                proto.I = number.Value;
                break;
            case StringAttribute text:
                proto.S = UnsafeByteOperations.UnsafeWrap(text.Bytes);
                break;
            case TensorAttribute tensor:
                proto.T = TensorProtos.Write("", tensor.Value);
                break;
            case GraphAttribute graph:
                proto.G = Write(graph.Value, new ValueNames(graph.Value, names));
                break;
            case FloatsAttribute list:
                proto.Floats.AddRange(list.Values);
                break;
            case IntsAttribute list:
                proto.Ints.AddRange(list.Values);
                break;
            case StringsAttribute list:
                proto.Strings.AddRange(list.Values.Select(UnsafeByteOperations.UnsafeWrap));
                break;
            default:
                throw new InvalidOperationException($"An attribute of type {value.GetType().Name} cannot be written.");
        }

        return proto;
    }
}
