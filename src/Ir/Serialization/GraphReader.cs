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
            graph.Inputs.Add(value);
        }

        foreach (var initializer in proto.Initializer)
        {
            var where = Where($"initializer '{initializer.Name}'");
            var data = TensorProtos.Read(initializer, context, where);
            var value = graph.Inputs.Find(v => v.Name == initializer.Name) ?? Declare(scope, initializer.Name, $"the graph '{graph.Name}'");
            if (value.Initializer is not null)
            {
                throw new IrException($"{where} is there twice.");
            }

            value.Initializer = data;
            value.Type = new TensorType(data.Type, Shape.Of(data.Dims));
            value.DocString = initializer.HasDocString ? initializer.DocString : null;
            graph.Initializers.Add(value);
        }

        var types = new Dictionary<string, TypeProto?>();
        foreach (var known in proto.ValueInfo)
        {
            types[known.Name] = known.Type;
        }

        foreach (var output in proto.Output)
        {
            types[output.Name] = output.Type;
        }

        Nodes(graph, proto.Node, scope, outer, types, depth);
        foreach (var output in proto.Output)
        {
            var value = scope.GetValueOrDefault(output.Name) ?? outer(output.Name)
                ?? throw new IrException($"{Where($"output '{output.Name}'")} of the graph '{graph.Name}' is made by no node.");
            value.Type ??= TypeProtos.Read(output.Type, Where($"output '{output.Name}'"));
            graph.Outputs.Add(value);
        }

        proto.Node.Clear();
        proto.Initializer.Clear();
        proto.Input.Clear();
        proto.Output.Clear();
        proto.ValueInfo.Clear();
        proto.ClearName();
        proto.ClearDocString();
        graph.ForeignFields = proto.ToByteArray();
        return graph;
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
            function.DefaultAttributes[attribute.Name] = Attribute(attribute, _ => null, $"{name}, attribute {attribute.Name}", 0);
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
        function.ForeignFields = proto.ToByteArray();
        return function;
    }

    internal static string Domain(string domain) => domain == "ai.onnx" ? "" : domain;

    private void Nodes(Graph graph, IEnumerable<NodeProto> protos, Dictionary<string, Value> scope, Func<string, Value?> outer, Dictionary<string, TypeProto?> types, int depth)
    {
        Value? Find(string name) => scope.GetValueOrDefault(name) ?? outer(name);
        foreach (var proto in protos)
        {
            var label = $"node '{proto.Name}' ({proto.OpType}{(proto.Output.Count > 0 ? $" -> {proto.Output[0]}" : "")})";
            var inputs = proto.Input.Select(name => name.Length == 0 ? null : Find(name)
                ?? throw new IrException($"{Where(label)} takes '{name}', which nothing before it makes: neither an input, an initializer nor a node above it."));
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
                output.Type = TypeProtos.Read(types.GetValueOrDefault(output.Name), Where($"value '{output.Name}'"));
                if (!scope.TryAdd(output.Name, output))
                {
                    throw new IrException($"{Where(label)} makes '{output.Name}', which is there already: every value is made once.");
                }
            }

            graph.Nodes.Add(node);
        }
    }

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
            _ => new ForeignAttribute(proto.ToByteArray()),
        };
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
