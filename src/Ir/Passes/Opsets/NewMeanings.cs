using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Passes.Opsets;

/// <summary>Operators that mean something else today, and those that are gone.</summary>
internal static class NewMeanings
{
    /// <summary>Below 9 the statistics could be one number per activation instead of one per channel.</summary>
    public static void SpatialBatchNormalization(Node node, GraphBuilder b)
    {
        if (node.Int("spatial", 1) == 0)
        {
            throw new IrException($"{node.Describe()}: spatial = 0 was removed from ONNX at opset 9. Export the model with opset 14 or above.");
        }

        node.Attributes.Remove("spatial");
    }

    /// <summary>Scan-8 had a batch axis and lengths.</summary>
    public static void BatchedScan(Node node, GraphBuilder b) =>
        throw new IrException($"{node.Describe()}: the Scan of opset 8 has another form than today's. Export the model with opset 9 or above.");

    /// <summary>
    /// Upsample and Resize-10 count places from the corner; since 11 that is an option, and not the default. Of the nearest the one before was taken where an
    /// axis grew, the one behind where it shrank.
    /// </summary>
    public static void AsymmetricResize(Node node, GraphBuilder b)
    {
        var scales = node.Input(1)?.ConstantData is { Type: ElementType.Float } data ? data.As<float>().ToArray() : [];
        var shrinks = scales.Any(s => s < 1);
        if (shrinks && scales.Any(s => s > 1) && node.Text("mode", "nearest") == "nearest")
        {
            throw new IrException($"{node.Describe()}: a Resize of opset 10 that makes one axis larger and another one smaller, scales {string.Join(", ", scales)}, has no form of today. Export the model with opset 11 or above.");
        }

        node.SetInput(2, node.Input(1));
        node.SetInput(1, null);
        node.Attributes["coordinate_transformation_mode"] = "asymmetric";
        node.Attributes["nearest_mode"] = shrinks ? "ceil" : "floor";
    }

    /// <summary>
    /// Below 13 all inputs had to be there, and there was a mode tf_half_pixel_for_nn, (place + ½)/scale: half_pixel is ½ less, so that its floor is the other's rounding with halves up.
    /// </summary>
    public static void Resize(Node node, GraphBuilder b)
    {
        AttributeForms.OptionalResizeInputs(node, b);
        if (node.Text("coordinate_transformation_mode", "half_pixel") != "tf_half_pixel_for_nn")
        {
            return;
        }

        if (node.Text("mode", "nearest") != "nearest" || node.Text("nearest_mode", "round_prefer_floor") != "floor")
        {
            throw new IrException($"{node.Describe()}: tf_half_pixel_for_nn, which was removed from ONNX at opset 13, has a form of today only with mode nearest and nearest_mode floor. Export the model with opset 13 or above.");
        }

        node.Attributes["coordinate_transformation_mode"] = "half_pixel";
        node.Attributes["nearest_mode"] = "round_prefer_ceil";
    }

    /// <summary>Below 13 the axes from <c>axis</c> [1] on are one; from 13 on <c>axis</c> [−1] is one axis.</summary>
    public static void FlattenedSoftmax(Node node, GraphBuilder b)
    {
        var axis = node.Int("axis", 1);
        var x = node.Inputs[0]!;
        if (axis == -1 || x.Shape is { } shape && axis == shape.Rank - 1)
        {
            node.Attributes["axis"] = -1;
            return;
        }

        var rows = b.Op("Flatten", [x], [("axis", axis)]);
        Replace(node, b.Reshape(b.Op(node.OpType, [rows], [("axis", -1)]), b.Shape(x)));
    }

    /// <summary>Below 14 training showed in the number of outputs, the last two of which were statistics of the batch.</summary>
    public static void BatchNormalization(Node node, GraphBuilder b)
    {
        if (node.Outputs.Skip(3).FirstOrDefault(v => v.Uses.Count > 0 || node.Owner!.Outputs.Contains(v)) is { } saved)
        {
            throw new IrException($"{node.Describe()}: something takes its output '{saved.Name}', a statistic of the batch, which BatchNormalization does not give since opset 14. Export the model with opset 14 or above.");
        }

        var training = node.Outputs.Skip(1).Any(v => v.Name.Length > 0);
        node.TrimOutputs(training ? Math.Min(node.Outputs.Count, 3) : 1);
        if (training)
        {
            node.Attributes["training_mode"] = 1;
        }
    }

    /// <summary>From 18 on equal parts are asked for by their number.</summary>
    public static void SplitCount(Node node, GraphBuilder b)
    {
        if (node.Input(1) is null)
        {
            node.Attributes.TryAdd("num_outputs", node.Outputs.Count);
        }
    }

    /// <summary>At 20 two modes got other names.</summary>
    public static void GridSampleModes(Node node, GraphBuilder b)
    {
        var mode = node.Text("mode", "bilinear");
        node.Attributes["mode"] = mode switch { "bilinear" => "linear", "bicubic" => "cubic", _ => mode };
    }

    /// <summary>Below 21 scale and bias were one number per group, today they are one per channel.</summary>
    public static void GroupNormalization(Node node, GraphBuilder b)
    {
        var groups = b.Constant(node.Int("num_groups", 1));
        var each = b.Div(b.Shape(node.Inputs[0]!, 1, 2), groups); // [1]: channels of a group
        for (var i = 1; i <= 2; i++)
        {
            node.SetInput(i, b.Reshape(b.Expand(b.Unsqueeze(node.Inputs[i]!, 1), b.Concat(0, groups, each)), -1)); // [groups] → [groups, each] → [channels]
        }
    }

    public static void Gone(Node node, GraphBuilder b) =>
        throw new IrException($"{node.Describe()}: {node.OpType} was removed from ONNX. Export the model with opset 18 or above.");

    private static void Replace(Node node, Value result)
    {
        var old = node.Outputs[0];
        result.Type ??= old.Type;
        var output = node.Owner!.Outputs.Contains(old);
        node.Owner.ReplaceAllUses(old, result);
        if (!output)
        {
            (result.Name, old.Name) = (old.Name, "");
        }

        node.Owner.Nodes.Remove(node);
    }
}
