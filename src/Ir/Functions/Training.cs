using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Functions;

internal static class Training
{
    public static IReadOnlyList<Value> Scale(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (x, scale) = (inputs[0], b.Cast(inputs[1], ElementType.Float));
        var down = b.Cast(b.IntAttribute("scale_down"), ElementType.Bool);
        return [b.Mul(x, b.CastLike(b.Where(down, b.Reciprocal(scale), scale), x))];
    }
}
