using OnnxPipeline.Ir;

namespace OnnxPipeline.Models.Blocks;

/// <summary>
/// Activation functions by the names that Transformers has for them
/// (https://github.com/huggingface/transformers/blob/v4.57.0/src/transformers/activations.py, ACT2FN).
/// </summary>
internal static class Activations
{
    private static readonly Dictionary<string, Func<GraphBuilder, Value, Value>> Table = new()
    {
        ["gelu"] = Gelu, // x·Φ(x)
        ["gelu_python"] = Gelu,
        ["gelu_new"] = TanhGelu, // x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
        ["gelu_fast"] = TanhGelu,
        ["gelu_accurate"] = TanhGelu,
        ["gelu_pytorch_tanh"] = TanhGelu,
        ["gelu_python_tanh"] = TanhGelu,
        ["quick_gelu"] = (b, x) => b.Mul(x, b.Sigmoid(b.Mul(x, b.Constant(1.702f)))),
        ["relu"] = (b, x) => b.Relu(x),
        ["silu"] = Silu,
        ["swish"] = Silu,
        ["tanh"] = (b, x) => b.Tanh(x),
        ["sigmoid"] = (b, x) => b.Sigmoid(x),
        ["mish"] = (b, x) => b.Mul(x, b.Tanh(b.Softplus(x))),
        ["leaky_relu"] = (b, x) => b.Op("LeakyRelu", [x], [("alpha", 0.01f)]),
        ["relu2"] = SquaredRelu,
        ["linear"] = (_, x) => x,
    };

    /// <summary>Refuses a name that is not in the table.</summary>
    public static string Check(ConfigFile config, string field, string name) =>
        Table.ContainsKey(name) ? name : throw config.Wrong(field, $"\"{name}\"", $"one of {string.Join(", ", Table.Keys.Order(StringComparer.Ordinal))}");

    public static Value Apply(GraphBuilder b, string name, Value x) => Table[name](b, x);

    private static Value Gelu(GraphBuilder b, Value x) => b.Op("Gelu", [x], [("approximate", "none")]);

    private static Value TanhGelu(GraphBuilder b, Value x) => b.Op("Gelu", [x], [("approximate", "tanh")]);

    private static Value SquaredRelu(GraphBuilder b, Value x)
    {
        var y = b.Relu(x);
        return b.Mul(y, y);
    }

    private static Value Silu(GraphBuilder b, Value x) => b.Mul(x, b.Sigmoid(x));
}
