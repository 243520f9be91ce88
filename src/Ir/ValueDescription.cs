using OnnxPipeline.Files;

namespace OnnxPipeline.Ir;

/// <summary>Graph inputs and outputs as manifests and reports have them.</summary>
public static class ValueDescription
{
    /// <summary>Name, dimensions (numbers, and names that mean something outside this process), type as safetensors call it.</summary>
    public static ManifestValue Of(Value value) => new(
        value.Name,
        value.Shape?.Select(d => d.IsKnown ? new ManifestDim(d.Value) : new ManifestDim(null, d.IsFresh ? null : d.Symbol)).ToArray(),
        value.Type is null or TensorType ? TypeName(value.Element) : value.Type.ToString());

    /// <summary><c>F32</c>, <c>I64</c>; ONNX's own name in capitals where safetensors has none.</summary>
    public static string TypeName(ElementType type) => SafeTensors.NameOf(type) ?? type.ToString().ToUpperInvariant();
}
