namespace OnnxPipeline.Files;

/// <summary>A tensor and the name it has in its file.</summary>
public sealed record NamedTensor(string Name, Tensor Tensor);
