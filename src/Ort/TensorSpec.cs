using OnnxPipeline.Files;

namespace OnnxPipeline.Ort;

/// <summary>What a session takes or gives under a name.</summary>
/// <param name="Dims">−1 where a dimension may vary.</param>
/// <param name="Symbols">The name of each varying dimension (<c>batch</c>), empty where it has none or is a number.</param>
public sealed record TensorSpec(string Name, ElementType Type, IReadOnlyList<long> Dims, IReadOnlyList<string> Symbols)
{
    public override string ToString() => $"{Name}: {Type} [{string.Join(", ", Dims.Zip(Symbols, (d, s) => d >= 0 ? d.ToString() : s.Length > 0 ? s : "?"))}]";
}
