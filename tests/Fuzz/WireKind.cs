namespace OnnxPipeline.Fuzz;

/// <summary>The messages of ONNX, as far as damage is aimed at them.</summary>
public enum WireKind
{
    Other,
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Sparse,
    Value,
    Type,
    TensorType,
    Shape,
    Function,
}
