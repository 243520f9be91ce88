using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;

namespace OnnxPipeline.Reference;

/// <summary>
/// A plain interpreter of ONNX graphs at opset 18 and above, one loop an operator, floating point in double whatever the graph says: what
/// gradients and function bodies are checked with. A node is a call of a model-local function, else one of the operators of <see cref="Operators"/>,
/// else a call of a library function's body.
/// </summary>
public sealed class Interpreter
{
    private readonly int _opset;
    private readonly FunctionLibrary _library;
    private readonly Dictionary<(string, string), Function?> _functions = [];

    private Interpreter(int opset, IEnumerable<Function> functions, FunctionLibrary library)
    {
        _opset = opset;
        _library = library;
        foreach (var function in functions)
        {
            _functions.Add((function.Domain, function.Name), function);
        }
    }

    /// <summary>Evaluates a graph that calls no model-local functions but those of the library.</summary>
    /// <param name="feeds">Name of a graph input or initializer → what it is; every input without an initializer needs one.</param>
    /// <param name="opset">The version of ONNX's own operators that library bodies are made for.</param>
    /// <exception cref="NotSupportedException">An operator is unknown.</exception>
    /// <exception cref="InvalidOperationException">An operator refused its inputs; the message names the node.</exception>
    public static Evaluation Run(Graph graph, IReadOnlyDictionary<string, Array64> feeds, int opset = 18, FunctionLibrary? library = null) =>
        new Interpreter(opset, [], library ?? FunctionLibrary.Default).Evaluate(graph, feeds);

    /// <inheritdoc cref="Run(Graph, IReadOnlyDictionary{string, Array64}, int, FunctionLibrary?)"/>
    public static Evaluation Run(Model model, IReadOnlyDictionary<string, Array64> feeds, FunctionLibrary? library = null) =>
        new Interpreter(Math.Max(18, model.Opset), model.Functions, library ?? FunctionLibrary.Default).Evaluate(model.Graph, feeds);

    private Evaluation Evaluate(Graph graph, IReadOnlyDictionary<string, Array64> feeds)
    {
        Dictionary<Value, Array64> values = [];
        var fed = 0;
        foreach (var value in graph.Inputs.Concat(graph.Initializers).Distinct())
        {
            if (feeds.TryGetValue(value.Name, out var feed))
            {
                values.Add(value, feed);
                fed++;
            }
            else
            {
                values.Add(value, Array64.From(value.Initializer ?? throw new ArgumentException($"Graph input {value.Name} is not fed.")));
            }
        }

        if (fed != feeds.Count)
        {
            throw new ArgumentException($"Fed but not in the graph: {string.Join(", ", feeds.Keys.Except(graph.Inputs.Concat(graph.Initializers).Select(v => v.Name)))}.");
        }

        Execute(graph, values, new Dictionary<string, AttributeValue>());
        return new(graph, values);
    }

    /// <param name="attributes">Those of the function call that this graph is the body of.</param>
    private void Execute(Graph graph, Dictionary<Value, Array64> values, IReadOnlyDictionary<string, AttributeValue> attributes)
    {
        foreach (var node in graph.Nodes)
        {
            var inputs = node.Inputs.Select(v => v is null ? null : values.GetValueOrDefault(v)).ToArray();
            IReadOnlyList<Array64?> outputs;
            try
            {
                outputs = Apply(new(node, inputs, Resolve(node, attributes)), values, attributes);
            }
            catch (Exception e) when (e is ArgumentException or InvalidCastException or IndexOutOfRangeException or OverflowException)
            {
                throw new InvalidOperationException($"{node.Describe()} of {string.Join(", ", inputs.Select(x => x?.ToString() ?? "nothing"))}: {e.Message}", e);
            }

            for (var i = 0; i < node.Outputs.Count; i++)
            {
                if (i < outputs.Count && outputs[i] is { } output)
                {
                    values[node.Outputs[i]] = output;
                }
            }
        }
    }

    private IReadOnlyList<Array64?> Apply(Call call, Dictionary<Value, Array64> values, IReadOnlyDictionary<string, AttributeValue> attributes)
    {
        var node = call.Node;
        var key = (node.Domain, node.OpType);
        if (_functions.TryGetValue(key, out var function) && function is not null)
        {
            return Invoke(function, call);
        }

        if (Operators.Table.TryGetValue(key, out var op))
        {
            return op(call);
        }

        if (key == ("", "If"))
        {
            return Subgraph(((GraphAttribute)call.Attributes[call[0].Bools[0] ? "then_branch" : "else_branch"]).Value, [], values, attributes);
        }

        if (key == ("", "Scan"))
        {
            return Scan(call, values, attributes);
        }

        if (_library.Find(node.Domain, node.OpType) is not { Body: not null } fused)
        {
            throw new NotSupportedException($"The interpreter does not know {node.Describe()}.");
        }

        if (fused.Refuse?.Invoke(node) is { } reason)
        {
            throw new NotSupportedException($"{node.Describe()}: the body does not define this form: {reason}.");
        }

        _functions[key] = function = fused.ToFunction(_opset);
        return Invoke(function, call);
    }

    private Array64[] Subgraph(Graph graph, IReadOnlyList<Array64> inputs, Dictionary<Value, Array64> outer, IReadOnlyDictionary<string, AttributeValue> attributes)
    {
        Dictionary<Value, Array64> inner = new(outer);
        foreach (var initializer in graph.Initializers)
        {
            inner[initializer] = Array64.From(initializer.Initializer!);
        }

        for (var i = 0; i < inputs.Count; i++)
        {
            inner[graph.Inputs[i]] = inputs[i];
        }

        Execute(graph, inner, attributes);
        return [.. graph.Outputs.Select(v => inner[v])];
    }

    /// <summary>Steps along axis 0.</summary>
    private Array64[] Scan(Call call, Dictionary<Value, Array64> outer, IReadOnlyDictionary<string, AttributeValue> attributes)
    {
        if (call.Has("scan_input_axes") || call.Has("scan_output_axes"))
        {
            throw new NotSupportedException("The interpreter has no Scan along other axes than 0.");
        }

        var body = ((GraphAttribute)call.Attributes["body"]).Value;
        var scanned = (int)call.Int("num_scan_inputs", 0);
        var carried = call.Inputs - scanned;
        var (inputs, outputs) = (call.Ints("scan_input_directions") ?? new int[scanned], call.Ints("scan_output_directions") ?? new int[body.Outputs.Count - carried]);
        var steps = call[carried].Dims[0];
        var states = Enumerable.Range(0, carried).Select(i => call[i]).ToArray();
        var given = outputs.Select(_ => new List<Array64>()).ToArray();
        for (var step = 0; step < steps; step++)
        {
            var items = inputs.Select((direction, i) => Ops.Selection.Row(call[carried + i], direction == 0 ? step : steps - 1 - step));
            var results = Subgraph(body, [.. states, .. items], outer, attributes);
            states = results[..carried];
            for (var i = 0; i < given.Length; i++)
            {
                given[i].Insert(outputs[i] == 0 ? step : 0, results[carried + i]);
            }
        }

        return [.. states, .. given.Select(Ops.Movement.Stacked)];
    }

    private Array64?[] Invoke(Function function, Call call)
    {
        Dictionary<Value, Array64> values = [];
        for (var i = 0; i < function.Body.Inputs.Count; i++)
        {
            if (call.Optional(i) is { } argument)
            {
                values.Add(function.Body.Inputs[i], argument);
            }
        }

        var attributes = new Dictionary<string, AttributeValue>(function.DefaultAttributes);
        foreach (var (name, value) in call.Attributes)
        {
            attributes[name] = value;
        }

        Execute(function.Body, values, attributes);
        return [.. function.Body.Outputs.Select(v => values.GetValueOrDefault(v))];
    }

    private static Dictionary<string, AttributeValue> Resolve(Node node, IReadOnlyDictionary<string, AttributeValue> caller)
    {
        Dictionary<string, AttributeValue> result = [];
        foreach (var (name, value) in node.Attributes)
        {
            if (value is not ReferenceAttribute reference)
            {
                result.Add(name, value);
            }
            else if (caller.TryGetValue(reference.Name, out var given))
            {
                result.Add(name, given);
            }
        }

        return result;
    }
}
