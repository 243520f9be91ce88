using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <param name="Value">A float initializer, or the output of a Constant node.</param>
/// <param name="Verdict">What it is.</param>
/// <param name="Reason">Why, in a few words: the deciding use, or what is missing.</param>
public sealed record WeightCandidate(Value Value, WeightVerdict Verdict, string Reason)
{
    public string Name => Value.Name;

    /// <summary>The elements.</summary>
    public Tensor Data => Value.ConstantData!;
}
