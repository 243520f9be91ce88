namespace OnnxPipeline.Ir.Functions;

/// <summary>
/// The fused and gradient operators with their definitions. Immutable: <see cref="With"/> gives a library with one more, so that a program
/// can add operators of its own.
/// </summary>
public sealed partial class FunctionLibrary
{
    /// <summary>Bodies are written for this opset and above.</summary>
    public const int LowestOpset = 18;

    /// <summary>From this IR version on, functions can have defaults for attributes.</summary>
    private const long IrVersionOfDefaults = 9;

    private readonly Dictionary<(string Domain, string Name), FusedOperator> _operators;

    private FunctionLibrary(Dictionary<(string, string), FusedOperator> operators) => _operators = operators;

    public IEnumerable<FusedOperator> Operators => _operators.Values;

    /// <summary>The operator, null where there is none of that name.</summary>
    public FusedOperator? Find(string domain, string name) => _operators.GetValueOrDefault((domain, name));

    /// <summary>This library with one more operator; it takes the place of one of the same domain and name.</summary>
    /// <exception cref="IrException">The operator's domain is ONNX's own.</exception>
    public FunctionLibrary With(FusedOperator added)
    {
        if (added.Domain is "" or "ai.onnx")
        {
            throw new IrException($"Operator {added.Name}: a function in ONNX's own domain is not found by runtimes. Give it a domain of yours.");
        }

        return new(new Dictionary<(string, string), FusedOperator>(_operators) { [(added.Domain, added.Name)] = added });
    }

    /// <summary>
    /// Adds to the model the bodies of the library's operators that its nodes (those of its functions and of added bodies too) call, and the opset
    /// imports they need. A function that the model has already stays as it is. Operators without a body are left to the runtime.
    /// </summary>
    /// <returns>The functions added.</returns>
    /// <exception cref="IrException">The model's opset is below 18, or a node has a form that the operator's body does not define.</exception>
    public IReadOnlyList<Function> AddBodies(Model model)
    {
        var present = model.Functions.Select(f => (f.Domain, f.Name)).ToHashSet();
        List<Function> added = [];
        var open = new Queue<Graph>(model.Functions.Select(f => f.Body).Prepend(model.Graph));
        while (open.TryDequeue(out var graph))
        {
            foreach (var node in graph.AllNodes())
            {
                var key = (node.Domain, node.OpType);
                if (present.Contains(key) && !added.Exists(f => (f.Domain, f.Name) == key) || Find(node.Domain, node.OpType) is not { Body: not null } fused)
                {
                    continue;
                }

                Check(fused, node);
                while (node.Outputs.Count < fused.Outputs.Count)
                {
                    node.AddOutput(new Value("")); // ONNX Runtime 1.19 infers every output of the function at each node, and reads behind the end where one is missing
                }

                if (present.Add(key))
                {
                    var function = fused.ToFunction(model.Opset);
                    added.Add(function);
                    open.Enqueue(function.Body);
                }
            }
        }

        foreach (var function in added)
        {
            model.Functions.Add(function);
            model.OpsetImports.TryAdd(function.Domain, 1);
            foreach (var (domain, version) in function.OpsetImports)
            {
                model.OpsetImports.TryAdd(domain, version);
            }

            if (function.DefaultAttributes.Count > 0)
            {
                model.IrVersion = Math.Max(model.IrVersion, IrVersionOfDefaults);
            }
        }

        return added;
    }

    private static void Check(FusedOperator fused, Node node)
    {
        var missing = fused.Attributes.FirstOrDefault(a => a.Value is null && !node.Attributes.ContainsKey(a.Key)).Key;
        var reason = missing is not null ? $"attribute {missing} is left out" : fused.Refuse?.Invoke(node);
        if (reason is not null)
        {
            throw new IrException($"{node.Describe()}: the body of {fused.Domain}::{fused.Name} does not define this form: {reason}. Rewrite the node, or run the model where the operator has a kernel.");
        }
    }
}
