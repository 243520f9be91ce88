using OnnxPipeline.Files;

namespace OnnxPipeline.Ort.Engines;

/// <summary>A parameter as the training graph takes it.</summary>
/// <param name="Trainable">Whether it has a gradient and is updated.</param>
public sealed record EngineParameter(string Name, ElementType Type, IReadOnlyList<long> Dims, bool Trainable)
{
    public long Count => Dims.Aggregate(1L, (n, d) => n * d);
}
