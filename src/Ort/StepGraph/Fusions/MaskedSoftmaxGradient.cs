using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;

namespace OnnxPipeline.Ort.StepGraph.Fusions;

/// <summary>The gradient of the scores of <see cref="MaskedSoftmax"/>: that of Softmax, times the scale.</summary>
internal static class MaskedSoftmaxGradient
{
    private const int FloatKind = 1;

    public static Fusion Fusion { get; } = new("MaskedSoftmaxGrad", "com.microsoft", "SoftmaxGrad_13", Rewrite);

    public static FusedOperator Operator { get; } = new("ai.onnxpipeline", "MaskedSoftmaxGrad")
    {
        Doc = "dX = (dY - sum(dY*Y))*Y*scale, the sum over the last axis",
        Inputs = ["dY", "Y"],
        Outputs = ["dX"],
        Attributes = new Dictionary<string, AttributeValue?> { ["scale"] = 1f },
        Body = (b, inputs) =>
        {
            var sum = b.ReduceSum(b.Mul(inputs[0], inputs[1]), b.Constant(-1));
            var scale = b.Op("Constant", [], [("value_float", new ReferenceAttribute("scale", FloatKind))]);
            return [b.Mul(b.Mul(b.Sub(inputs[0], sum), inputs[1]), scale)];
        },
    };

    /// <summary>At a gradient of Softmax over the last axis that only one node reads, a Mul or Div by a number.</summary>
    private static string? Rewrite(GraphBuilder b, Node gradient)
    {
        var dX = gradient.Outputs[0];
        if (dX.Uses is not [var use] || b.Graph.Outputs.Contains(dX) || Scaling.Of(use.Node) is not { } factor || factor.Of != dX)
        {
            return "what reads it is no product with a number";
        }

        var y = gradient.Inputs[1]!;
        if (dX.Element != ElementType.Float || y.Shape is not { Rank: > 0 } shape || !(gradient.Int("axis", -1) is var axis && (axis == -1 || axis == shape.Rank - 1)))
        {
            return $"Y is {y}, the axis {gradient.Int("axis", -1)}; float32 and the last axis were wanted";
        }

        var scaled = use.Node.Outputs[0];
        if (!shape.IsSameAs(scaled.Shape))
        {
            return $"{use.Node.Describe()} changes the shape"; // a number of a higher rank
        }

        var fused = b.Op(Operator.Name, [gradient.Inputs[0], y], [("scale", factor.Factor)], Operator.Domain);
        fused.Type = scaled.Type;
        b.Graph.ReplaceAllUses(scaled, fused);
        b.Graph.Nodes.Remove(use.Node);
        b.Graph.Nodes.Remove(gradient);
        return null;
    }
}
