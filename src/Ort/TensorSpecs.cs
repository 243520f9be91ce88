using Microsoft.ML.OnnxRuntime;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ort;

/// <summary>What ONNX Runtime tells of a graph's inputs and outputs.</summary>
internal static class TensorSpecs
{
    public static TensorSpec Of(string name, NodeMetadata metadata) => metadata.IsTensor
        ? new TensorSpec(name, (ElementType)metadata.ElementDataType, [.. metadata.Dimensions.Select(dim => (long)dim)], [.. metadata.SymbolicDimensions])
        : new TensorSpec(name, ElementType.Undefined, [], []); // a sequence, a map
}
