namespace OnnxPipeline.Ir.Serialization;

/// <summary>Where in an ONNX file tensors lie: the messages between the root and a tensor's <c>raw_data</c>.</summary>
internal sealed class WireSchema
{
    public const int RawData = 9;
    public const int Block = 20000;

    private WireSchema(bool isTensor = false) => IsTensor = isTensor;

    public static WireSchema Model { get; } = Create();

    public bool IsTensor { get; }

    /// <summary>Field number → message, for fields that lead to tensors.</summary>
    public Dictionary<int, WireSchema> Children { get; } = [];

    private static WireSchema Create()
    {
        WireSchema model = new(), graph = new(), node = new(), attribute = new(), function = new(), tensor = new(isTensor: true);
        model.Children[7] = graph;
        model.Children[25] = function;
        graph.Children[1] = node;
        graph.Children[5] = tensor;
        function.Children[7] = node;
        node.Children[5] = attribute;
        attribute.Children[5] = tensor;
        attribute.Children[6] = graph;
        return model;
    }
}
