namespace OnnxPipeline.Ir.Passes.Lowerings;

/// <summary>FusedConv and FusedGemm of domain com.microsoft, which ONNX Runtime's optimizer writes: an operator and the activation behind it.</summary>
internal static class FusedActivations
{
    private static readonly string[] Own = ["activation", "activation_params", "activation_alpha", "activation_beta", "activation_gamma"];

    // act(Conv(X, W, B) + Z)
    public static void FusedConv(Node node, GraphBuilder b)
    {
        var sum = b.Op("Conv", [node.Inputs[0], node.Inputs[1], node.Input(2)], Rest(node));
        NewerOperators.Replace(node, Activated(node, b, node.Input(3) is { } z ? b.Add(sum, z) : sum));
    }

    // act(α·op(A)·op(B) + β·C)
    public static void FusedGemm(Node node, GraphBuilder b) =>
        NewerOperators.Replace(node, Activated(node, b, b.Op("Gemm", [node.Inputs[0], node.Inputs[1], node.Input(2)], Rest(node))));

    private static Value Activated(Node node, GraphBuilder b, Value x)
    {
        var activation = node.Text("activation", "");
        switch (activation)
        {
            case "Relu" or "Sigmoid" or "Tanh" or "Softplus" or "Softsign":
                return b.Op(activation, [x]);
            case "LeakyRelu" or "Elu" or "ThresholdedRelu":
                return b.Op(activation, [x], Given(node, "alpha"));
            case "HardSigmoid":
                return b.Op(activation, [x], Given(node, "alpha", "beta"));
            case "Selu":
                return b.Op(activation, [x], Given(node, "alpha", "gamma"));
            case "Clip" when Parameter(node, 0, "") is { } low && Parameter(node, 1, "") is { } high:
                return b.Op("Clip", [x, b.ConstantLike(x, low), b.ConstantLike(x, high)]);
            default:
                throw new IrException($"{node.Describe()}: no gradient with the activation '{activation}' in it. Export the model without ONNX Runtime's optimizations.");
        }
    }

    /// <summary>The activation's attributes as far as the node has them.</summary>
    private static (string, AttributeValue)[] Given(Node node, params string[] names) =>
        [.. names.Select((name, i) => (name, Value: Parameter(node, i, name))).Where(p => p.Value is not null).Select(p => (p.name, (AttributeValue)p.Value!.Value))];

    private static float? Parameter(Node node, int index, string name) =>
        node.Attributes.GetValueOrDefault("activation_params") is FloatsAttribute all && index < all.Values.Count ? all.Values[index]
        : node.Attributes.GetValueOrDefault($"activation_{name}") is FloatAttribute one ? one.Value : null;

    private static (string, AttributeValue)[] Rest(Node node) => [.. node.Attributes.Where(a => !Own.Contains(a.Key)).Select(a => (a.Key, a.Value))];
}
