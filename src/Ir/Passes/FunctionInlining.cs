namespace OnnxPipeline.Ir;

/// <summary>Puts the bodies of model-local functions in the place of their calls.</summary>
public static class FunctionInlining
{
    private const int LargestGrowth = 100;

    private const long SmallestLimit = 100_000;

    /// <summary>
    /// Changes the model in place; functions that are inlined are removed, domains that their bodies use are imported. Types of the values
    /// inside are not inferred. Bodies must be at the model's opset: <see cref="OpsetConversion.Raise(Model, int)"/> comes before.
    /// </summary>
    /// <param name="keep">Functions whose calls stay; null: none.</param>
    /// <returns>The number of calls replaced.</returns>
    /// <exception cref="IrException">
    /// A function calls itself, or the calls would become far more nodes than the model has; a call has more inputs or outputs than its function, or lacks an attribute
    /// that it requires.
    /// </exception>
    public static int Inline(Model model, Func<Function, bool>? keep = null)
    {
        var functions = model.Functions.Where(f => keep is null || !keep(f)).ToDictionary(f => (f.Domain, f.Name, f.Overload));
        RefuseRecursion(functions);
        RefuseGrowth(model, functions);
        var names = new TakenNames();
        names.Add(model.Graph);
        var replaced = 0;
        foreach (var graph in model.Functions.Except(functions.Values).Select(f => f.Body).Append(model.Graph))
        {
            // A body may call further functions: its nodes come where the call was and are looked at next.
            foreach (var node in graph.AllNodes().Where(IsCall).ToList())
            {
                replaced += Expand(node);
            }
        }

        model.Functions.RemoveAll(f => functions.ContainsKey((f.Domain, f.Name, f.Overload)));
        foreach (var (domain, version) in functions.Values.SelectMany(f => f.OpsetImports))
        {
            model.OpsetImports.TryAdd(domain, version);
        }

        return replaced;

        bool IsCall(Node node) => functions.ContainsKey((node.Domain, node.OpType, node.Overload));

        int Expand(Node call)
        {
            var inner = Replace(call, functions[(call.Domain, call.OpType, call.Overload)], names);
            return 1 + inner.SelectMany(n => n.Subgraphs.SelectMany(g => g.AllNodes()).Prepend(n)).Where(IsCall).ToList().Sum(Expand);
        }
    }

    /// <summary>Puts a copy of the body before the call, takes the call away, gives the nodes of the copy.</summary>
    private static List<Node> Replace(Node call, Function function, TakenNames names)
    {
        var body = function.Body;
        if (call.Inputs.Count > body.Inputs.Count || call.Outputs.Count > body.Outputs.Count)
        {
            throw new IrException($"{call.Describe()} has {call.Inputs.Count} inputs and {call.Outputs.Count} outputs; the function {function.Domain}::{function.Name} has {body.Inputs.Count} and {body.Outputs.Count}.");
        }

        if (function.RequiredAttributes.Find(name => !call.Attributes.ContainsKey(name)) is { } missing)
        {
            throw new IrException($"{call.Describe()} lacks the attribute {missing}, which the function {function.Domain}::{function.Name} requires.");
        }

        var copy = ModelCopy.Of(body, []);
        Dictionary<Value, Value?> arguments = [];
        for (var i = 0; i < copy.Inputs.Count; i++)
        {
            arguments.Add(copy.Inputs[i], call.Input(i));
            foreach (var use in copy.Inputs[i].Uses.ToArray())
            {
                use.Node.SetInput(use.Index, call.Input(i));
            }
        }

        var prefix = call.Name.Length > 0 ? call.Name : call.Outputs[0].Name;
        List<Node> nodes = [.. copy.Nodes];
        foreach (var node in copy.AllNodes().ToList())
        {
            node.Name = node.Name.Length > 0 ? $"{prefix}/{node.Name}" : "";
            Resolve(node, call, function);
            foreach (var output in node.Outputs.Where(v => v.Name.Length > 0))
            {
                output.Name = names.Unique($"{prefix}/{output.Name}");
            }
        }

        var graph = call.Owner!;
        foreach (var node in nodes)
        {
            copy.Nodes.Unlink(node);
            graph.Nodes.InsertBefore(call, node);
        }

        for (var i = 0; i < call.Outputs.Count; i++)
        {
            var result = arguments.TryGetValue(copy.Outputs[i], out var argument)
                ? argument ?? throw new IrException($"{call.Describe()}: output {i} of {function.Domain}::{function.Name} is its input {copy.Outputs[i].Name}, which the call leaves out.")
                : copy.Outputs[i];
            Rewiring.Give(call, call.Outputs[i], result, inner: !arguments.ContainsKey(copy.Outputs[i]));
        }

        graph.Nodes.Remove(call);
        return nodes;
    }

    /// <summary>Attributes that refer to those of the call become the call's, else the function's default; those that neither has are left out.</summary>
    private static void Resolve(Node node, Node call, Function function)
    {
        foreach (var (name, attribute) in node.Attributes.ToList())
        {
            if (attribute is not ReferenceAttribute reference)
            {
                continue;
            }

            if (call.Attributes.TryGetValue(reference.Name, out var given) || function.DefaultAttributes.TryGetValue(reference.Name, out given))
            {
                node.Attributes[name] = given;
            }
            else
            {
                node.Attributes.Remove(name);
            }
        }
    }

    private static void RefuseRecursion(Dictionary<(string, string, string), Function> functions)
    {
        HashSet<Function> done = [];
        HashSet<Function> open = [];
        foreach (var function in functions.Values)
        {
            Visit(function);
        }

        void Visit(Function function)
        {
            if (done.Contains(function))
            {
                return;
            }

            if (!open.Add(function))
            {
                throw new IrException($"The function {function.Domain}::{function.Name} calls itself, directly or through others; ONNX does not allow that.");
            }

            foreach (var node in function.Body.AllNodes())
            {
                if (functions.TryGetValue((node.Domain, node.OpType, node.Overload), out var called))
                {
                    Visit(called);
                }
            }

            done.Add(function);
        }
    }

    /// <summary>A short chain of functions that call each other twice would fill any memory; no honest model grows so.</summary>
    private static void RefuseGrowth(Model model, Dictionary<(string, string, string), Function> functions)
    {
        var sizes = new Dictionary<Function, long>();
        var held = model.Graph.AllNodes().Concat(model.Functions.SelectMany(f => f.Body.AllNodes())).LongCount();
        var most = Math.Max(LargestGrowth * held, SmallestLimit);
        if (Size(model.Graph) is var size && size > most)
        {
            throw new IrException($"The graph '{model.Graph.Name}' would have more than {most} nodes with its local functions in place; the model holds {held}. It is damaged, or made to fill memory.");
        }

        long Size(Graph graph)
        {
            long total = 0;
            foreach (var node in graph.AllNodes())
            {
                total += functions.TryGetValue((node.Domain, node.OpType, node.Overload), out var called) ? OfFunction(called) : 1;
                total = Math.Min(total, int.MaxValue); // enough to be refused
            }

            return total;
        }

        long OfFunction(Function function)
        {
            if (!sizes.TryGetValue(function, out var known))
            {
                sizes.Add(function, known = Size(function.Body));
            }

            return known;
        }
    }
}
