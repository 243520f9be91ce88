namespace OnnxPipeline.Files;

/// <summary>What a file says of a tensor before its elements are read.</summary>
public sealed record TensorInfo(string Name, ElementType Type, IReadOnlyList<long> Dims)
{
    public override string ToString() => $"{Name}: {Type} {Tensor.Describe([.. Dims])}";
}
