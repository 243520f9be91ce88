namespace OnnxPipeline.Client;

/// <summary>A model on a server.</summary>
/// <param name="Versions">Every version there is, the lowest first.</param>
/// <param name="Platform">The kind of model.</param>
/// <param name="Inputs">In graph order.</param>
/// <param name="Outputs">In graph order.</param>
public sealed record ModelDescription(
    string Name, IReadOnlyList<string> Versions, string Platform, IReadOnlyList<TensorDescription> Inputs, IReadOnlyList<TensorDescription> Outputs);
