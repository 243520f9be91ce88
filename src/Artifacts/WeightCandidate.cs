using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <param name="Value">A float initializer, or the output of a Constant node.</param>
/// <param name="Verdict">What it is.</param>
/// <param name="Reason">Why, in a few words: the deciding use, or what is missing.</param>
public sealed record WeightCandidate(Value Value, WeightVerdict Verdict, string Reason)
{
    /// <summary>Equal weights that it stands for; see <see cref="Artifacts.Ties"/>.</summary>
    public IReadOnlyList<string> Ties { get; init; } = [];

    /// <summary>The initializer that it is one of several copies of; null if none. See <see cref="SplitBiases"/>.</summary>
    public string? Origin { get; init; }

    /// <summary>Its names: its own and those of <see cref="Ties"/>.</summary>
    public IEnumerable<string> Names => Ties.Prepend(Name);

    /// <summary>What a person should know of it; null: nothing.</summary>
    public string? Note =>
        Ties.Count > 0 ? $"{Name} stands for {string.Join(", ", Ties)} too, which had the same numbers"
        : Origin is not null ? $"{Name} is a parameter of its own; in the file it shares the initializer {Origin}"
        : null;

    public string Name => Value.Name;

    /// <summary>The elements.</summary>
    public Tensor Data => Value.ConstantData!;
}
