namespace OnnxPipeline.Ir;

/// <summary>
/// The rules of ONNX that a model can break in memory, by the file it came from or by a pass: each value is there before it is taken, each
/// output is made, domains are imported, functions do not call themselves. Names inside a graph are labels and may repeat; serialization
/// tells them apart.
/// </summary>
public static class ModelVerifier
{
    /// <summary>The newest version of the format that is known.</summary>
    public const int NewestIrVersion = 14;

    /// <summary>The newest version of ONNX's own operators that is known.</summary>
    public const int NewestOpset = 28;

    private const int DeepestCall = 200;

    private static readonly HashSet<string> OwnedByRuntimes = ["com.microsoft", "com.microsoft.nchwc", "com.microsoft.experimental", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "ai.onnx.contrib"];

    /// <summary>Checks versions, domains, and every node of the graph, its subgraphs and the functions.</summary>
    /// <param name="name">What messages call the model.</param>
    /// <exception cref="IrException">A rule is broken; the message names the first illegal node.</exception>
    public static void Check(Model model, string name = "The model")
    {
        if (model.IrVersion is < 1 or > NewestIrVersion)
        {
            throw new IrException($"{name} has IR version {model.IrVersion}; versions 1 to {NewestIrVersion} are known.");
        }

        Opset(model.OpsetImports, name);
        UniqueNames(model.Graph, name);
        var functions = model.Functions.Select(f => (f.Domain, f.Name)).ToHashSet();
        new Walk(model.OpsetImports, functions, name).Graph(model.Graph);
        foreach (var function in model.Functions)
        {
            var where = $"{name}, function {Describe(function)}";
            Opset(function.OpsetImports, where);
            new Walk(function.OpsetImports, functions, where).Graph(function.Body);
        }

        Calls(model.Functions, name);
    }

    private static string Describe(Function function) => $"{function.Domain}::{function.Name}{(function.Overload.Length > 0 ? ":" + function.Overload : "")}";

    private static void Opset(OrderedDictionary<string, int> imports, string name)
    {
        if (imports.GetValueOrDefault("", 1) is var opset && opset is < 1 or > NewestOpset)
        {
            throw new IrException($"{name} has opset {opset}; versions 1 to {NewestOpset} are known. Export it with an older opset.");
        }
    }

    private static void UniqueNames(Graph graph, string name)
    {
        var names = new Dictionary<string, Value>();
        foreach (var value in graph.Inputs.Concat(graph.Initializers).Concat(graph.SparseInitializers).Concat(graph.Outputs))
        {
            if (value.Name.Length == 0)
            {
                throw new IrException($"{name}: the graph has an input, initializer or output without a name.");
            }

            if (!names.TryAdd(value.Name, value) && !ReferenceEquals(names[value.Name], value))
            {
                throw new IrException($"{name}: the graph has two inputs, initializers or outputs called '{value.Name}'; each needs a name of its own.");
            }
        }
    }

    private static void Calls(IReadOnlyList<Function> all, string name)
    {
        var functions = new Dictionary<(string, string, string), Function>();
        foreach (var function in all)
        {
            if (function.Name.Length == 0 || !functions.TryAdd((function.Domain, function.Name, function.Overload), function))
            {
                throw new IrException($"{name} has {(function.Name.Length == 0 ? "a function without a name" : $"two functions {Describe(function)}")}.");
            }
        }

        var (done, open) = (new HashSet<Function>(), new HashSet<Function>());
        foreach (var function in all)
        {
            Visit(function);
        }

        void Visit(Function function)
        {
            if (done.Contains(function))
            {
                return;
            }

            if (open.Count > DeepestCall)
            {
                throw new IrException($"{name}: function {Describe(function)} is called through more than {DeepestCall} others.");
            }

            open.Add(function);
            foreach (var node in function.Body.AllNodes())
            {
                if (functions.TryGetValue((node.Domain, node.OpType, node.Overload), out var called))
                {
                    if (open.Contains(called))
                    {
                        throw new IrException($"{name}, function {Describe(function)}: {node.Describe()} calls a function that is being called already: functions may not be recursive.");
                    }

                    Visit(called);
                }
            }

            open.Remove(function);
            done.Add(function);
        }
    }

    /// <summary>One main graph or function body with the graphs inside it.</summary>
    private sealed class Walk(IReadOnlyDictionary<string, int> imports, HashSet<(string, string)> functions, string name)
    {
        /// <summary>What a node at the current place may take.</summary>
        private readonly HashSet<Value> _visible = [];

        public void Graph(Graph graph)
        {
            var own = new HashSet<Value>();
            var inputs = graph.Inputs.ToHashSet();
            foreach (var value in graph.Inputs.Concat(graph.Initializers.Where(v => !inputs.Contains(v))).Concat(graph.SparseInitializers))
            {
                Define(value, own, "an input or initializer");
            }

            if (graph.Initializers.Find(v => v.Initializer is null) is { } empty)
            {
                throw new IrException($"{name}: the initializer '{empty.Name}' has no data.");
            }

            foreach (var node in graph.Nodes)
            {
                Node(node, own);
            }

            var outputs = new HashSet<Value>();
            foreach (var output in graph.Outputs)
            {
                if (!own.Contains(output) || !outputs.Add(output))
                {
                    throw new IrException($"{name}: output '{output.Name}' of the graph '{graph.Name}' is {(own.Contains(output) ? "listed twice" : "made by no node of it")}.");
                }
            }

            _visible.ExceptWith(own);
        }

        private void Node(Node node, HashSet<Value> own)
        {
            if (node.OpType.Length == 0)
            {
                throw new IrException($"{name}: {node.Describe()} has no op_type.");
            }

            var (given, wanted) = (node.Inputs.TakeWhile(v => v is not null).Count(), functions.Contains((node.Domain, node.OpType)) ? 0 : RequiredInputs.Of(node));
            var without = node.Domain.Length == 0 && node.Outputs.Count == 0;
            if (given < wanted || without)
            {
                throw new IrException($"{name}: {node.Describe()} has {(without ? "no output" : $"{given} of the {wanted} inputs that the operator requires")}. Correct the node.");
            }

            if (!imports.ContainsKey(node.Domain) && !OwnedByRuntimes.Contains(node.Domain) && !functions.Contains((node.Domain, node.OpType)))
            {
                throw new IrException($"{name}: {node.Describe()} is of the domain '{(node.Domain.Length == 0 ? "ai.onnx" : node.Domain)}', which the model does not import (it imports {string.Join(", ", imports.Keys.Select(d => d.Length == 0 ? "ai.onnx" : d))}).");
            }

            foreach (var input in node.Inputs)
            {
                if (input is not null && !_visible.Contains(input))
                {
                    throw new IrException($"{name}: {node.Describe()} takes '{input.Name}', which {(input.Producer is { } maker
                        ? $"{maker.Describe()} makes {(maker.Owner is null ? "that is in no graph" : "only later, or inside another graph: the nodes are not in topological order, or form a cycle")}"
                        : "no input, initializer or node of the graph makes")}.");
                }
            }

            foreach (var inner in node.Subgraphs)
            {
                Graph(inner);
            }

            foreach (var output in node.Outputs)
            {
                Define(output, own, $"an output of {node.Describe()}");
            }
        }

        private void Define(Value value, HashSet<Value> own, string maker)
        {
            if (!_visible.Add(value))
            {
                throw new IrException($"{name}: '{value.Name}' is made twice, the second time as {maker}.");
            }

            own.Add(value);
        }
    }
}
