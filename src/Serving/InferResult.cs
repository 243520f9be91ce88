using OnnxPipeline.Files;

namespace OnnxPipeline.Serving;

/// <summary>What a call gives.</summary>
/// <param name="Model">The model and version that answered.</param>
/// <param name="Outputs">In the order asked for; where none was asked for, all in graph order.</param>
public sealed record InferResult(ServedModel Model, IReadOnlyList<NamedTensor> Outputs);
