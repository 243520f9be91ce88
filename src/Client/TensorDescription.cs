namespace OnnxPipeline.Client;

/// <summary>What a model takes or gives under a name.</summary>
/// <param name="Datatype">As the protocol calls it: <c>FP32</c>, <c>INT64</c>, …</param>
/// <param name="Shape">−1 where a dimension may vary.</param>
public sealed record TensorDescription(string Name, string Datatype, IReadOnlyList<long> Shape)
{
    public override string ToString() => $"{Name}: {Datatype} [{string.Join(", ", Shape)}]";
}
