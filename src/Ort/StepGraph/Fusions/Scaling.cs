using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.StepGraph.Fusions;

/// <summary>A tensor times a number that is known.</summary>
internal static class Scaling
{
    /// <summary>What a Mul or Div scales, and by what; null where it is something else.</summary>
    public static (Value Of, float Factor)? Of(Node node) => node switch
    {
        { Domain: "", OpType: "Mul" } when Number(node.Inputs[1]) is { } factor => (node.Inputs[0]!, factor),
        { Domain: "", OpType: "Mul" } when Number(node.Inputs[0]) is { } factor => (node.Inputs[1]!, factor),
        { Domain: "", OpType: "Div" } when Number(node.Inputs[1]) is { } divisor => (node.Inputs[0]!, 1 / divisor),
        _ => null,
    };

    private static float? Number(Value? value) => value?.ConstantData is { Type: ElementType.Float, Count: 1 } data ? data.As<float>()[0] : null;
}
