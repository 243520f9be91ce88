namespace OnnxPipeline.Files;

/// <param name="Parameter">Name of a trainable parameter.</param>
/// <param name="Momentums"><c>momentum0</c> and <c>momentum1</c> for AdamW, <c>momentum0</c> for SGD; the parameter's shape.</param>
public sealed record ParameterState(string Parameter, IReadOnlyList<NamedTensor> Momentums);
