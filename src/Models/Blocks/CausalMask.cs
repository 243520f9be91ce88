using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Models.Blocks;

/// <summary>What is added to attention scores so that a position looks at itself and at real positions before it only.</summary>
internal static class CausalMask
{
    /// <summary>0 where a position (second last axis) may look, the lowest float32 elsewhere: [batch, 1, sequence, sequence].</summary>
    /// <param name="positions">0, 1, … [sequence].</param>
    /// <param name="mask">0 for padding [batch, sequence].</param>
    public static Value Bias(GraphBuilder b, Value positions, Value mask)
    {
        var before = b.LessOrEqual(b.Unsqueeze(positions, 0), b.Unsqueeze(positions, 1)); // [sequence, sequence]
        var real = b.Unsqueeze(b.Cast(mask, ElementType.Bool), 1, 2); // [batch, 1, 1, sequence]
        return b.Where(b.And(before, real), b.Constant(0f), b.Constant(float.MinValue));
    }
}
