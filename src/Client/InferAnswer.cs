namespace OnnxPipeline.Client;

/// <summary>What a model answered.</summary>
/// <param name="Version">The version that answered.</param>
/// <param name="Id">As in the call.</param>
/// <param name="Outputs">In the order asked for; where none was asked for, all in graph order.</param>
public sealed record InferAnswer(string Model, string Version, string Id, IReadOnlyList<ModelTensor> Outputs)
{
    /// <summary>The output called <paramref name="name"/>.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public ModelTensor this[string name] => Outputs.FirstOrDefault(output => output.Name == name)
        ?? throw new KeyNotFoundException($"The answer has no output '{name}'; it has {string.Join(", ", Outputs.Select(output => output.Name))}.");
}
