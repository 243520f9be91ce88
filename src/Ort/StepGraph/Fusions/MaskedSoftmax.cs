using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;

namespace OnnxPipeline.Ort.StepGraph.Fusions;

/// <summary>Softmax(scores·scale + mask), as attention has it.</summary>
internal static class MaskedSoftmax
{
    private const int FloatKind = 1;

    /// <summary>Measured (benchmark <c>ratios Softmax</c>): 0.94 of the body's time at 64, 0.6 to 0.8 at 128; with a scale 0.8 and 0.5.</summary>
    private const int LongestPlain = 64;

    public static Fusion Fusion { get; } = new("MaskedSoftmax", "", "Softmax", Rewrite);

    public static FusedOperator Operator { get; } = new("ai.onnxpipeline", "MaskedSoftmax")
    {
        Doc = "Softmax(scores*scale + mask) over the last axis; mask is broadcast to scores",
        Inputs = ["scores", "mask"],
        Outputs = ["output"],
        Attributes = new Dictionary<string, AttributeValue?> { ["scale"] = 1f },
        Body = (b, inputs) => [b.Softmax(b.Add(b.Mul(inputs[0], b.Op("Constant", [], [("value_float", new ReferenceAttribute("scale", FloatKind))])), inputs[1]))],
    };

    /// <summary>At a Softmax whose input is (scores [· or / number]) + mask; nothing else may read what lies between.</summary>
    private static string? Rewrite(GraphBuilder b, Node softmax)
    {
        if (softmax.Inputs[0] is not { Producer: { OpType: "Add", Domain: "" } add } masked || !IsInner(b.Graph, masked))
        {
            return "its input is no sum, or others read that";
        }

        if (masked.Element != ElementType.Float || masked.Shape is not { Rank: > 0 } shape || !(softmax.Int("axis", -1) is var axis && (axis == -1 || axis == shape.Rank - 1)))
        {
            return $"its input is {masked}, its axis {softmax.Int("axis", -1)}; float32 and the last axis were wanted";
        }

        var place = Enumerable.Range(0, 2).Where(i => shape.IsSameAs(add.Inputs[i]!.Shape)).Select(i => i + 1).FirstOrDefault() - 1;
        if (place < 0)
        {
            return $"no operand of {add.Describe()} is known to have the sum's shape {shape}";
        }

        var (scores, mask) = (add.Inputs[place]!, add.Inputs[1 - place]!);
        var scale = 1f;
        var product = scores.Producer;
        if (product is not null && IsInner(b.Graph, scores) && Scaling.Of(product) is { } factor && shape.IsSameAs(factor.Of.Shape))
        {
            (scores, scale) = factor;
        }

        if (scale == 1 && shape.At(-1) is { IsKnown: true, Value: <= LongestPlain and var width })
        {
            return $"rows of {width} without a scale are as fast in ONNX Runtime";
        }

        var fused = b.Op(Operator.Name, [scores, mask], [("scale", scale)], Operator.Domain);
        fused.Type = softmax.Outputs[0].Type;
        b.Graph.ReplaceAllUses(softmax.Outputs[0], fused);
        b.Graph.Nodes.Remove(softmax);
        return null;
    }

    /// <summary>Whether one node reads the value and nobody else.</summary>
    private static bool IsInner(Graph graph, Value value) => value.Uses.Count == 1 && !graph.Outputs.Contains(value);
}
