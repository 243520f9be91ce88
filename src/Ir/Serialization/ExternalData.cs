using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Serialization;

/// <summary>Where initializers lie outside the model's file.</summary>
/// <param name="FileName">Beside the model's file, without a folder.</param>
/// <param name="Places">Offset and length of each initializer in it; initializers that are not listed are inline.</param>
public sealed record ExternalData(string FileName, IReadOnlyDictionary<Value, ManifestData> Places);
