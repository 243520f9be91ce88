namespace OnnxPipeline.Files;

/// <summary>Optimizer state in an ODTC checkpoint. Microsoft's runtime knows one group, <c>group0</c>.</summary>
/// <param name="Name"><c>group0</c>.</param>
/// <param name="Step">Updates done.</param>
/// <param name="InitialLearningRate">Where its linear scheduler started; else 0.001.</param>
/// <param name="States">One for each trainable parameter.</param>
public sealed record OptimizerGroup(string Name, long Step, float InitialLearningRate, IReadOnlyList<ParameterState> States);
