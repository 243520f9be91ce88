namespace OnnxPipeline.Ir;

/// <summary>Copies of graphs that share nothing but the elements of tensors, which are immutable.</summary>
public static class ModelCopy
{
    /// <summary>A copy of the whole model.</summary>
    public static Model Of(Model model)
    {
        var copy = new Model(Of(model.Graph, []))
        {
            IrVersion = model.IrVersion,
            ProducerName = model.ProducerName,
            ProducerVersion = model.ProducerVersion,
            Domain = model.Domain,
            ModelVersion = model.ModelVersion,
            DocString = model.DocString,
            ForeignFields = model.ForeignFields,
        };
        Fill(copy.OpsetImports, model.OpsetImports);
        Fill(copy.Metadata, model.Metadata);
        copy.Functions.AddRange(model.Functions.Select(Of));
        return copy;
    }

    /// <summary>A copy of a graph.</summary>
    /// <param name="values">Old value → new one: gets every value of the graph; values of graphs around it that are not in here stay what they are.</param>
    public static Graph Of(Graph graph, Dictionary<Value, Value> values)
    {
        var copy = new Graph(graph.Name) { DocString = graph.DocString, ForeignFields = graph.ForeignFields };
        copy.Inputs.AddRange(graph.Inputs.Select(v => Of(v, values)));
        copy.Initializers.AddRange(graph.Initializers.Select(v => values.TryGetValue(v, out var input) ? input : Of(v, values)));
        copy.SparseInitializers.AddRange(graph.SparseInitializers.Select(v => Of(v, values)));
        foreach (var node in graph.Nodes)
        {
            copy.Nodes.Add(Of(node, values));
        }

        copy.Outputs.AddRange(graph.Outputs.Select(v => values.GetValueOrDefault(v, v)));
        return copy;
    }

    private static Function Of(Function function)
    {
        var copy = new Function(function.Domain, function.Name) { Overload = function.Overload, DocString = function.DocString, ForeignFields = function.ForeignFields };
        var body = Of(function.Body, []);
        copy.Body.Inputs.AddRange(body.Inputs);
        copy.Body.Initializers.AddRange(body.Initializers);
        foreach (var node in body.Nodes.ToList())
        {
            body.Nodes.Unlink(node);
            copy.Body.Nodes.Add(node);
        }

        copy.Body.Outputs.AddRange(body.Outputs);
        copy.RequiredAttributes.AddRange(function.RequiredAttributes);
        Fill(copy.DefaultAttributes, function.DefaultAttributes);
        Fill(copy.OpsetImports, function.OpsetImports);
        return copy;
    }

    private static Node Of(Node node, Dictionary<Value, Value> values)
    {
        var copy = new Node(node.Domain, node.OpType, node.Inputs.Select(v => v is null ? null : values.GetValueOrDefault(v, v)), node.Outputs.Select(v => Of(v, values)), node.Name)
        {
            Overload = node.Overload,
            DocString = node.DocString,
            ForeignFields = node.ForeignFields,
        };
        foreach (var (name, value) in node.Attributes)
        {
            copy.Attributes.Add(name, value is GraphAttribute inner ? new GraphAttribute(Of(inner.Value, values)) : value);
        }

        return copy;
    }

    private static Value Of(Value value, Dictionary<Value, Value> values)
    {
        var copy = new Value(value.Name, value.Type)
        {
            Initializer = value.Initializer,
            DocString = value.DocString,
            Elements = value.Elements,
            ForeignFields = value.ForeignFields,
            ForeignTensorFields = value.ForeignTensorFields,
        };
        values.Add(value, copy);
        return copy;
    }

    private static void Fill<T>(OrderedDictionary<string, T> copy, OrderedDictionary<string, T> from)
    {
        foreach (var (key, value) in from)
        {
            copy.Add(key, value);
        }
    }
}
