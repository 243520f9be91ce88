namespace OnnxPipeline.Ir;

/// <summary>Types and shapes of node outputs from those of the inputs.</summary>
public static class ShapeInference
{
    /// <summary>Sets <see cref="Value.Type"/> of the outputs of <paramref name="node"/> as far as its inputs tell.</summary>
    /// <param name="opset">The version of ONNX's own operators in force.</param>
    public static void Infer(Node node, int opset)
    {
    }
}
