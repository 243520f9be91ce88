namespace OnnxPipeline.Ir.Functions;

/// <summary>An operator outside ONNX's own set, with the ONNX function that defines it.</summary>
/// <param name="Domain">Not the empty one: runtimes do not look for functions there.</param>
public sealed record FusedOperator(string Domain, string Name)
{
    /// <summary>The formula, in one line.</summary>
    public required string Doc { get; init; }

    public required IReadOnlyList<string> Inputs { get; init; }

    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>Attributes with their defaults; null: a node must give it.</summary>
    public IReadOnlyDictionary<string, AttributeValue?> Attributes { get; init; } = new Dictionary<string, AttributeValue?>();

    /// <summary>
    /// Writes the body at the builder's opset (18 or above): its inputs → its outputs, both in the order of <see cref="Inputs"/> and <see cref="Outputs"/>.
    /// Types are unknown inside; an attribute of the calling node is a <see cref="ReferenceAttribute"/>. A body cannot branch on strings, on the presence of
    /// an attribute, or on that of an input (it may hand an optional input on to an optional input). Null: only a runtime's own kernel runs the operator.
    /// </summary>
    public required Func<GraphBuilder, IReadOnlyList<Value>, IReadOnlyList<Value>>? Body { get; init; }

    /// <summary>Sets the types of a node's outputs from those of its inputs; null: they stay unknown.</summary>
    public Action<Node>? Infer { get; init; }

    /// <summary>Why the body does not define a node (an attribute value, an input left out); null, or a null result: it does.</summary>
    public Func<Node, string?>? Refuse { get; init; }

    /// <summary>The body as a model-local function.</summary>
    /// <exception cref="InvalidOperationException">There is no body, or it gave another number of outputs than <see cref="Outputs"/> names.</exception>
    /// <exception cref="IrException">The opset is below 18.</exception>
    public Function ToFunction(int opset)
    {
        if (opset < FunctionLibrary.LowestOpset)
        {
            throw new IrException($"The body of {Domain}::{Name} is written for opset {FunctionLibrary.LowestOpset} and above, found {opset}. Convert the model first.");
        }

        if (Body is null)
        {
            throw new InvalidOperationException($"{Domain}::{Name} has no body.");
        }

        var function = new Function(Domain, Name) { DocString = Doc };
        foreach (var (name, value) in Attributes)
        {
            if (value is null)
            {
                function.RequiredAttributes.Add(name);
            }
            else
            {
                function.DefaultAttributes.Add(name, value);
            }
        }

        function.Body.Inputs.AddRange(Inputs.Select(name => new Value(name)));
        var outputs = Body(new GraphBuilder(function.Body, opset), function.Body.Inputs);
        if (outputs.Count != Outputs.Count)
        {
            throw new InvalidOperationException($"The body of {Domain}::{Name} gives {outputs.Count} outputs, wanted {Outputs.Count}.");
        }

        foreach (var (value, name) in outputs.Zip(Outputs))
        {
            value.Name = name;
            function.Body.Outputs.Add(value);
        }

        function.OpsetImports.Add("", opset);
        foreach (var domain in function.Body.AllNodes().Select(n => n.Domain).Where(d => d.Length > 0).Distinct())
        {
            function.OpsetImports.Add(domain, 1);
        }

        return function;
    }
}
