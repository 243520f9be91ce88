using Google.Protobuf;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization.Proto;

namespace OnnxPipeline.Ir.Serialization;

/// <summary>Graphs and functions from their messages: names become edges.</summary>
internal sealed class GraphReader(ReadContext context)
{
    private const int DeepestGraph = 50;

    /// <summary>A graph; <paramref name="outer"/> finds values of the graphs around it.</summary>
    public Graph Read(GraphProto proto, Func<string, Value?> outer, int depth = 0)
    {
        if (depth > DeepestGraph)
        {
            throw new IrException($"{context.Path} has graphs inside graphs more than {DeepestGraph} deep.");
        }

        var graph = new Graph(proto.Name) { DocString = proto.HasDocString ? proto.DocString : null };
        var scope = new Dictionary<string, Value>();
        foreach (var input in proto.Input)
        {
            var value = Declare(scope, input.Name, $"the graph '{graph.Name}'");
            value.Type = TypeProtos.Read(input.Type, Where($"input '{input.Name}'"));
            value.DocString = input.HasDocString ? input.DocString : null;
            value.ForeignFields = Rest(input);
            graph.Inputs.Add(value);
        }

        foreach (var initializer in proto.Initializer)
        {
            var where = Where($"initializer '{initializer.Name}'");
            var data = TensorProtos.Read(initializer, context, where);
            var value = scope.GetValueOrDefault(initializer.Name) ?? Declare(scope, initializer.Name, $"the graph '{graph.Name}'");
            if (value.Initializer is not null)
            {
                throw new IrException($"{where} is there twice.");
            }

            value.Initializer = data;
            value.Type = new TensorType(data.Type, Shape.Of(data.Dims));
            value.DocString = initializer.HasDocString ? initializer.DocString : value.DocString;
            value.ForeignTensorFields = Rest(initializer);
            graph.Initializers.Add(value);
        }

        foreach (var sparse in proto.SparseInitializer)
        {
            var value = Declare(scope, sparse.Values?.Name ?? "", $"the graph '{graph.Name}'");
            value.Type = new TensorType((ElementType)(sparse.Values?.DataType ?? 0), Shape.Of(sparse.Dims.Select(d => d < 0 ? Dim.Unknown : d).ToArray()));
            graph.SparseInitializers.Add(value);
        }

        var known = new Dictionary<string, ValueInfoProto>();
        foreach (var info in proto.ValueInfo.Concat(proto.Output))
        {
            known[info.Name] = info;
        }

        var names = proto.Output.Select(o => o.Name).ToList(); // a message is emptied where its value is made
        Nodes(graph, proto.Node, scope, outer, known, depth);
        var outputs = new HashSet<Value>();
        foreach (var name in names)
        {
            var value = scope.GetValueOrDefault(name) ?? Through(graph, depth > 0 ? outer(name) : null) ?? throw new IrException($"{Where($"output '{name}'")} of the graph '{graph.Name}' is made by no node of it.");
            value.Type ??= known[name] is { Type: { } type } ? TypeProtos.Read(type, Where($"output '{name}'")) : null;
            graph.Outputs.Add(outputs.Add(value) ? value : throw new IrException($"{Where($"output '{name}'")} of the graph '{graph.Name}' is listed twice."));
        }

        proto.Node.Clear();
        proto.Initializer.Clear();
        proto.Input.Clear();
        proto.Output.Clear();
        proto.ValueInfo.Clear();
        proto.ClearName();
        proto.ClearDocString();
        graph.ForeignFields = Rest((IMessage)proto);
        return graph;
    }

    /// <summary>A branch that gives a value of the graph around it as it is, which some tools write and ONNX Runtime refuses: an Identity makes it the branch's own.</summary>
    private static Value? Through(Graph graph, Value? around)
    {
        if (around is null)
        {
            return null;
        }

        var own = new Value(around.Name, around.Type);
        graph.Nodes.Add(new Node("", "Identity", [around], [own]));
        return own;
    }

    public Function Read(FunctionProto proto)
    {
        var function = new Function(Domain(proto.Domain), proto.Name) { Overload = proto.Overload, DocString = proto.HasDocString ? proto.DocString : null };
        var (body, scope, name) = (function.Body, new Dictionary<string, Value>(), $"the function {proto.Domain}::{proto.Name}");
        body.Inputs.AddRange(proto.Input.Select(input => Declare(scope, input, name)));
        Nodes(body, proto.Node, scope, _ => null, [], 0);
        body.Outputs.AddRange(proto.Output.Select(output => scope.GetValueOrDefault(output)
            ?? throw new IrException($"{Where($"output '{output}'")} of {name} is made by no node.")));
        function.RequiredAttributes.AddRange(proto.Attribute);
        foreach (var attribute in proto.AttributeProto)
        {
            if (!function.DefaultAttributes.TryAdd(attribute.Name, Attribute(attribute, _ => null, $"{name}, attribute {attribute.Name}", 0)))
            {
                throw new IrException($"{Where(name)} has the attribute {attribute.Name} twice.");
            }
        }

        foreach (var import in proto.OpsetImport)
        {
            function.OpsetImports[Domain(import.Domain)] = ModelReader.Version(import, context);
        }

        proto.Input.Clear();
        proto.Output.Clear();
        proto.Attribute.Clear();
        proto.AttributeProto.Clear();
        proto.Node.Clear();
        proto.OpsetImport.Clear();
        proto.ClearName();
        proto.ClearDomain();
        proto.ClearOverload();
        proto.ClearDocString();
        function.ForeignFields = Rest((IMessage)proto);
        return function;
    }

    internal static string Domain(string domain) => domain == "ai.onnx" ? "" : domain;

    private void Nodes(Graph graph, IEnumerable<NodeProto> protos, Dictionary<string, Value> scope, Func<string, Value?> outer, Dictionary<string, ValueInfoProto> known, int depth)
    {
        Value? Find(string name) => scope.GetValueOrDefault(name) ?? outer(name);
        foreach (var proto in protos)
        {
            var label = $"node '{proto.Name}' ({proto.OpType}{(proto.Output.Count > 0 ? $" -> {proto.Output[0]}" : "")})";
            var inputs = proto.Input.Select(name => name.Length == 0 ? null : Find(name)
                ?? throw new IrException($"{Where(label)} takes '{name}', which nothing before it makes: neither an input, an initializer nor a node above it."
                    + (protos.Any(p => p.Output.Contains(name)) ? " A node below it does: the nodes are not in topological order, or form a cycle." : "")));
            var outputs = proto.Output.Select(name => name.Length == 0 ? new Value("") : new Value(name));
            var node = new Node(proto.Domain, proto.OpType, inputs.ToList(), outputs.ToList(), proto.Name)
            {
                Overload = proto.Overload,
                DocString = proto.HasDocString ? proto.DocString : null,
            };
            foreach (var attribute in proto.Attribute)
            {
                if (!node.Attributes.TryAdd(attribute.Name, Attribute(attribute, Find, $"{label}, attribute {attribute.Name}", depth)))
                {
                    throw new IrException($"{Where(label)} has the attribute {attribute.Name} twice.");
                }
            }

            foreach (var output in node.Outputs.Where(v => v.Name.Length > 0))
            {
                if (known.TryGetValue(output.Name, out var info))
                {
                    output.Type = TypeProtos.Read(info.Type, Where($"value '{output.Name}'"));
                    output.DocString = info.HasDocString ? info.DocString : null;
                    output.ForeignFields = Rest(info);
                }

                if (!scope.TryAdd(output.Name, output))
                {
                    throw new IrException($"{Where(label)} makes '{output.Name}', which is there already: every value is made once.");
                }
            }

            graph.Nodes.Add(node);
            node.ForeignFields = Rest(proto);
        }
    }

    /// <summary>What is left of a node when everything that is in objects now is taken out.</summary>
    private static ReadOnlyMemory<byte> Rest(NodeProto proto)
    {
        proto.Input.Clear();
        proto.Output.Clear();
        proto.Attribute.Clear();
        proto.ClearName();
        proto.ClearOpType();
        proto.ClearDomain();
        proto.ClearOverload();
        proto.ClearDocString();
        return Rest((IMessage)proto);
    }

    private static ReadOnlyMemory<byte> Rest(ValueInfoProto proto)
    {
        proto.Type = TypeProtos.Denotations(proto.Type);
        proto.ClearName();
        proto.ClearDocString();
        return Rest((IMessage)proto);
    }

    /// <summary>What is left of an initializer; its elements are in the tensor already.</summary>
    private static ReadOnlyMemory<byte> Rest(TensorProto proto)
    {
        proto.Dims.Clear();
        proto.FloatData.Clear();
        proto.Int32Data.Clear();
        proto.StringData.Clear();
        proto.Int64Data.Clear();
        proto.DoubleData.Clear();
        proto.Uint64Data.Clear();
        proto.ExternalData.Clear();
        proto.ClearDataType();
        proto.ClearRawData();
        proto.ClearDataLocation();
        proto.ClearName();
        proto.ClearDocString();
        return Rest((IMessage)proto);
    }

    private static ReadOnlyMemory<byte> Rest(IMessage proto) => proto.CalculateSize() == 0 ? default : proto.ToByteArray();

    private AttributeValue Attribute(AttributeProto proto, Func<string, Value?> outer, string where, int depth)
    {
        var type = proto.Type != 0 ? proto.Type : Guess(proto);
        if (proto.HasRefAttrName && proto.RefAttrName.Length > 0)
        {
            return new ReferenceAttribute(proto.RefAttrName, type);
        }

        return type switch
        {
            1 => new FloatAttribute(proto.F),
            2 => new IntAttribute(proto.I),
            3 => new StringAttribute(proto.S.Memory),
            4 => new TensorAttribute(TensorProtos.Read(proto.T ?? throw new IrException($"{Where(where)} is a tensor, but holds none."), context, Where(where))),
            5 => new GraphAttribute(Read(proto.G ?? throw new IrException($"{Where(where)} is a graph, but holds none."), outer, depth + 1)),
            6 => new FloatsAttribute([.. proto.Floats]),
            7 => new IntsAttribute([.. proto.Ints]),
            8 => new StringsAttribute([.. proto.Strings.Select(s => s.Memory)]),
            0 => throw new IrException($"{Where(where)} has no type and no value."),
            _ => Foreign(proto),
        };
    }

    private static ForeignAttribute Foreign(AttributeProto proto)
    {
        // The elements of these were taken out (ElementCut); the type says that the value is another.
        (proto.T, proto.G) = (null, null);
        return new ForeignAttribute(proto.ToByteArray());
    }

    /// <summary>Files of IR version 1 have no type.</summary>
    private static int Guess(AttributeProto proto) =>
        proto.HasF ? 1 : proto.HasI ? 2 : proto.HasS ? 3 : proto.T is not null ? 4 : proto.G is not null ? 5 : proto.Floats.Count > 0 ? 6 : proto.Ints.Count > 0 ? 7 : proto.Strings.Count > 0 ? 8 : 0;

    private Value Declare(Dictionary<string, Value> scope, string name, string owner)
    {
        var value = new Value(name);
        return name.Length == 0 ? throw new IrException($"{context.Path}: {owner} has an input or initializer without a name.")
            : scope.TryAdd(name, value) ? value : throw new IrException($"{context.Path}: {owner} has two values called '{name}'.");
    }

    private string Where(string what) => $"{context.Path}: {what}";
}
