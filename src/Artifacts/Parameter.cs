using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>An initializer that becomes an input of the training graph.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Data">Its elements.</param>
/// <param name="Trainable">Whether it gets a gradient.</param>
/// <param name="Ties">Initializers that it stands for, besides its own name.</param>
public sealed record Parameter(string Name, Tensor Data, bool Trainable, IReadOnlyList<string> Ties)
{
    public Shape Shape => Shape.Of(Data.Dims);
}
