namespace OnnxPipeline.Ir.Passes.Opsets;

/// <summary>
/// Every change from opset 7 on that a node has to follow; from https://onnx.ai/onnx/operators. Changes that only add types, or attributes
/// and inputs whose default is the old meaning, are not listed.
/// </summary>
internal static class OpsetSteps
{
    private static readonly Dictionary<(string Op, int Since), OpsetStep> Steps = ((OpsetStep[])
    [
        new("BatchNormalization", 9, NewMeanings.SpatialBatchNormalization),
        new("Scan", 9, NewMeanings.BatchedScan),
        new("Upsample", 9, (node, b) => AttributeForms.ToInput(node, b, "scales", 1)),

        new("Slice", 10, AttributeForms.Slice),
        new("TopK", 10, (node, b) => AttributeForms.ToInput(node, b, "k", 1)),
        new("Upsample", 10, (node, _) => node.OpType = "Resize"),

        new("Clip", 11, AttributeForms.Clip),
        new("Pad", 11, AttributeForms.Pad),
        new("Resize", 11, NewMeanings.AsymmetricResize),
        new("Scatter", 11, (node, _) => node.OpType = "ScatterElements"),

        new("Dropout", 12, AttributeForms.Dropout),
        new("Upsample", 12, NewMeanings.Gone), // files that claim an opset in which it was gone already
        new("Scatter", 12, (node, _) => node.OpType = "ScatterElements"),

        new("Hardmax", 13, NewMeanings.FlattenedSoftmax),
        new("LogSoftmax", 13, NewMeanings.FlattenedSoftmax),
        new("Softmax", 13, NewMeanings.FlattenedSoftmax),
        new("ReduceSum", 13, AttributeForms.Axes),
        new("Resize", 13, NewMeanings.Resize),
        new("Split", 13, (node, b) => AttributeForms.ToInput(node, b, "split", 1)),
        new("Squeeze", 13, AttributeForms.Axes),
        new("Unsqueeze", 13, AttributeForms.Axes),

        new("BatchNormalization", 14, NewMeanings.BatchNormalization),
        new("RoiAlign", 16, (node, _) => node.Attributes.TryAdd("coordinate_transformation_mode", "output_half_pixel")),

        .. new[] { "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSumSquare" }
            .Select(op => new OpsetStep(op, 18, AttributeForms.Axes)),
        new("Split", 18, NewMeanings.SplitCount),

        new("DFT", 20, AttributeForms.DftAxis),
        new("GridSample", 20, NewMeanings.GridSampleModes),
        new("GroupNormalization", 21, NewMeanings.GroupNormalization),
    ]).ToDictionary(s => (s.Op, s.Since));

    /// <summary>What changed for the operator at that very version; null: nothing.</summary>
    public static OpsetStep? At(string op, int version) => Steps.GetValueOrDefault((op, version));
}
