using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Passes.Recompositions;

/// <summary>Words for the parts of a spelled out operator.</summary>
internal static class Spelled
{
    /// <summary>The node of ONNX's own that makes a value for so many readers and for nobody else; null where it is another.</summary>
    public static Node? Inner(Graph graph, Value? value, string op, int readers = 1) =>
        value is { Producer: { Domain: "" } node } && node.OpType == op && value.Uses.Count == readers && !graph.Outputs.Contains(value) ? node : null;

    /// <summary>The node that alone reads a value; null where it is another.</summary>
    public static Node? Reader(Graph graph, Value value, params ReadOnlySpan<string> ops) =>
        value.Uses is [{ Node: { Domain: "" } node }] && ops.Contains(node.OpType) && node.Owner == graph && !graph.Outputs.Contains(value) ? node : null;

    /// <summary>The operand that is not <paramref name="one"/>, of a node of two.</summary>
    public static Value? Other(Node node, Value one) => node.Input(0) == one ? node.Input(1) : node.Input(0);

    /// <summary>Both orders of the operands of a node of two.</summary>
    public static (Value First, Value Second)[] Orders(Node node) => node.Input(0) is { } a && node.Input(1) is { } b ? [(a, b), (b, a)] : [];

    /// <summary>The operand that a Mul by <paramref name="factor"/>, or a Div by 1/<paramref name="factor"/>, scales; null for another factor.</summary>
    public static Value? Scaled(Node? node, double factor) => node switch
    {
        { OpType: "Div" } => IsNumber(node.Input(1), 1 / factor) ? node.Input(0) : null,
        { OpType: "Mul" } => IsNumber(node.Input(1), factor) ? node.Input(0) : IsNumber(node.Input(0), factor) ? node.Input(1) : null,
        _ => null,
    };

    /// <summary>Whether the value is a known number, alike to six digits: exporters write √2 with seven or sixteen.</summary>
    public static bool IsNumber(Value? value, double number) => Number(value) is { } found && Math.Abs(found - number) <= 1e-6 * Math.Abs(number);

    public static double? Number(Value? value) => value?.ConstantData is { Count: 1 } data
        ? data.Type switch
        {
            ElementType.Float => data.As<float>()[0],
            ElementType.Double => data.As<double>()[0],
            ElementType.Int64 => data.As<long>()[0],
            ElementType.Int32 => data.As<int>()[0],
            _ => null,
        }
        : null;
}
