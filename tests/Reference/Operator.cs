namespace OnnxPipeline.Reference;

/// <summary>An operator as a function of its call; null stands for an output that it does not give.</summary>
internal delegate IReadOnlyList<Array64?> Operator(Call call);
