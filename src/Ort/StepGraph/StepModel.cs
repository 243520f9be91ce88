using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.StepGraph;

/// <summary>A training graph as stock ONNX Runtime computes it.</summary>
/// <param name="Model">
/// Inputs: those of the user, the parameters, the seeds, the step of dropout. Outputs: the loss, the further outputs, the gradients of
/// <paramref name="Trainable"/> in that order, what the <paramref name="Statistics"/> are after the step.
/// </param>
/// <param name="Trainable">Parameters with a gradient, in the order of the inputs.</param>
/// <param name="Seeds">Inputs that take the seed of one dropout node each.</param>
/// <param name="Statistics">Parameters without a gradient that every step changes: running statistics.</param>
internal sealed record StepModel(Model Model, IReadOnlyList<string> Trainable, IReadOnlyList<string> Seeds, IReadOnlyList<string> Statistics);
