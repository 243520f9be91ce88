namespace OnnxPipeline.Files;

/// <summary>A graph input or output.</summary>
/// <param name="Name">As in the graph.</param>
/// <param name="Shape">Numbers, and names of symbolic dimensions; null where the rank is not known.</param>
/// <param name="Type">As in safetensors: <c>F32</c>, <c>I64</c>, <c>BOOL</c>.</param>
public sealed record ManifestValue(string Name, IReadOnlyList<ManifestDim>? Shape, string Type);
