using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Inference;

internal static class Quantization
{
    // (x, scale, zero point): the zero point's type
    public static void Quantize(InferenceContext c) =>
        c.Output(0, c.Has(2) ? c.Element(2) : (ElementType)c.Node.Int("output_dtype", (long)ElementType.UInt8), c.Shape(0));

    // (x, scale, zero point): the scale's type
    public static void Dequantize(InferenceContext c) => c.Output(0, c.Element(1), c.Shape(0));

    // (y, scale, zero point)
    public static void DynamicQuantize(InferenceContext c)
    {
        c.Output(0, ElementType.UInt8, c.Shape(0));
        c.Output(1, ElementType.Float, Ir.Shape.Scalar);
        c.Output(2, ElementType.UInt8, Ir.Shape.Scalar);
    }
}
