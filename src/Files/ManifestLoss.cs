namespace OnnxPipeline.Files;

/// <param name="Kind"><c>cross-entropy</c>, <c>mse</c>, <c>l1</c>, <c>bce</c> or <c>none</c>.</param>
/// <param name="Input">The graph output that feeds the loss.</param>
/// <param name="Labels">The graph input it is compared with; null for <c>none</c>.</param>
/// <param name="IgnoreIndex">Label of positions that do not count; null where the loss is no mean over positions.</param>
/// <param name="Shift">Whether the loss compares position i with label i + 1; ours do only where the graph itself shifts.</param>
/// <param name="LabelSmoothing">Cross-entropy: the share of the target that is spread evenly over the classes; null for 0.</param>
public sealed record ManifestLoss(string Kind, string Input, string? Labels = null, long? IgnoreIndex = null, bool Shift = false, double? LabelSmoothing = null);
