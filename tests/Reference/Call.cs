using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Reference;

/// <summary>What an operator sees: its inputs, its attributes with references to a calling node's attributes resolved.</summary>
internal sealed class Call(Node node, IReadOnlyList<Array64?> inputs, IReadOnlyDictionary<string, AttributeValue> attributes)
{
    public Node Node => node;

    public int Inputs => inputs.Count;

    public IReadOnlyDictionary<string, AttributeValue> Attributes => attributes;

    /// <summary>An input that must be there.</summary>
    public Array64 this[int index] => Optional(index) ?? throw new ArgumentException($"input {index} is missing");

    public Array64? Optional(int index) => index < inputs.Count ? inputs[index] : null;

    public bool Has(string name) => attributes.ContainsKey(name);

    public long Int(string name, long fallback) => attributes.TryGetValue(name, out var value) ? ((IntAttribute)value).Value : fallback;

    public double Float(string name, double fallback) => attributes.TryGetValue(name, out var value) ? ((FloatAttribute)value).Value : fallback;

    public string Text(string name, string fallback) => attributes.TryGetValue(name, out var value) ? ((StringAttribute)value).Text : fallback;

    public int[]? Ints(string name) => attributes.TryGetValue(name, out var value) ? [.. ((IntsAttribute)value).Values.Select(i => (int)i)] : null;

    public Tensor? Tensor(string name) => attributes.TryGetValue(name, out var value) ? ((TensorAttribute)value).Value : null;
}
