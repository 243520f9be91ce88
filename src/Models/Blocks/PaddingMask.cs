using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Models.Blocks;

/// <summary>What is added to attention scores so that nobody looks at padding.</summary>
internal static class PaddingMask
{
    /// <summary>0 at real positions, the lowest float32 at padding: [batch, 1, 1, sequence].</summary>
    /// <param name="mask">0 for padding [batch, sequence].</param>
    public static Value Bias(GraphBuilder b, Value mask) =>
        b.Where(b.Unsqueeze(b.Cast(mask, ElementType.Bool), 1, 2), b.Constant(0f), b.Constant(float.MinValue));
}
