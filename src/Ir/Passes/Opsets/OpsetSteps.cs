using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Passes.Opsets;

/// <summary>
/// Every change between opset 11 and 18 that a node has to follow; from https://onnx.ai/onnx/operators. Changes that only add types, or
/// attributes whose default is the old meaning, are not listed.
/// </summary>
internal static class OpsetSteps
{
    private static readonly ILookup<string, OpsetStep> Steps = ((OpsetStep[])
    [
        new("Dropout", 12, DropoutRatio),
        new("Squeeze", 13, (node, b) => AttributeToInput(node, b, "axes", 1)),
        new("Unsqueeze", 13, (node, b) => AttributeToInput(node, b, "axes", 1)),
        new("ReduceSum", 13, (node, b) => AttributeToInput(node, b, "axes", 1)),
        new("Split", 13, (node, b) => AttributeToInput(node, b, "split", 1)),
        new("Softmax", 13, Flattened),
        new("LogSoftmax", 13, Flattened),
        new("Hardmax", 13, Flattened),
        new("BatchNormalization", 14, BatchNormalization),
        new("RoiAlign", 16, (node, _) => node.Attributes.TryAdd("coordinate_transformation_mode", "output_half_pixel")),
        new("Split", 18, SplitCount),
        .. new[] { "ReduceMax", "ReduceMin", "ReduceMean", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare" }
            .Select(op => new OpsetStep(op, 18, (node, b) => AttributeToInput(node, b, "axes", 1))),
        .. new[] { "Upsample", "Scatter" }.Select(op => new OpsetStep(op, 12, Gone)),
    ]).ToLookup(s => s.Op);

    /// <summary>The changes of an operator, oldest first.</summary>
    public static IEnumerable<OpsetStep> Of(string op) => Steps[op];

    // What was an attribute of integers is an optional input.
    private static void AttributeToInput(Node node, GraphBuilder b, string name, int index)
    {
        if (node.Attributes.Remove(name, out var value))
        {
            node.SetInput(index, b.Op("Constant", [], [("value", value switch
            {
                IntsAttribute list => Tensor.Vector<long>([.. list.Values]),
                _ => throw new IrException($"{node.Describe()}: its attribute {name} is no list of integers."),
            })]));
        }
    }

    // Dropout-7 and -10: inference only, the ratio an attribute.
    private static void DropoutRatio(Node node, GraphBuilder b)
    {
        var ratio = node.Float("ratio", 0.5f);
        node.Attributes.Remove("ratio");
        node.SetInput(1, b.Constant(ratio));
    }

    // Below 13 the axes from `axis` [1] on are one; from 13 on `axis` [−1] is one axis.
    private static void Flattened(Node node, GraphBuilder b)
    {
        var axis = node.Int("axis", 1);
        var x = node.Inputs[0]!;
        if (axis == -1 || x.Shape is { } shape && axis == shape.Rank - 1)
        {
            node.Attributes["axis"] = -1;
            return;
        }

        var rows = b.Op("Flatten", [x], [("axis", axis)]);
        var result = b.Reshape(b.Op(node.OpType, [rows], [("axis", -1)]), b.Shape(x));
        result.Type ??= node.Outputs[0].Type;
        node.Owner!.ReplaceAllUses(node.Outputs[0], result);
        node.Owner.Nodes.Remove(node);
    }

    // Below 14 training showed in the number of outputs.
    private static void BatchNormalization(Node node, GraphBuilder b)
    {
        if (node.Outputs.Skip(1).Any(v => v.Name.Length > 0))
        {
            throw new IrException($"{node.Describe()}: a BatchNormalization of opset below 14 in training mode has another form of running statistics than today's. Export the model with opset 14 or above.");
        }

        node.TrimOutputs(1);
    }

    // From 18 on equal parts are asked for by their number.
    private static void SplitCount(Node node, GraphBuilder b)
    {
        if (node.Input(1) is null)
        {
            node.Attributes.TryAdd("num_outputs", node.Outputs.Count);
        }
    }

    private static void Gone(Node node, GraphBuilder b) =>
        throw new IrException($"{node.Describe()}: {node.OpType} was removed from ONNX. Export the model with opset 12 or above.");
}
