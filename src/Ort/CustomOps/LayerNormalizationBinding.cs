using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>ai.onnxpipeline LayerNormalization: ONNX's own, in the domain where a kernel of ours is found.</summary>
internal sealed class LayerNormalizationBinding() : CustomOp("ai.onnxpipeline", "LayerNormalization",
    [new(ElementType.Float), new(ElementType.Float), new(ElementType.Float, Optional: true)],
    [new(ElementType.Float, ShapeOf: 0, Over: 0), new(ElementType.Float, Optional: true), new(ElementType.Float, Optional: true)])
{
    private const int RowsPerPiece = 32;

    public override bool Fits(Node node) => TypesFit(node);

    public override object Read(KernelAttributes attributes) => new Settings(attributes.Int("axis", -1), attributes.Float("epsilon", 1e-5f));

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var settings = (Settings)attributes;
        var (x, scale, bias) = (call.Input(0), call.Input(1), call.Input(2));
        var rows = x.Before(settings.Axis);
        var width = rows == 0 ? scale.Count : x.Count / rows;
        if (scale.Count != width || (bias.Data is not null && bias.Count != width))
        {
            throw new OrtException($"scale has {scale.Count} elements and bias {bias.Count}; {width} are normalized together.");
        }

        var y = (float*)call.Output(0, x);
        var mean = (float*)call.Output(1, x, settings.Axis);
        var inverse = (float*)call.Output(2, x, settings.Axis);
        var scratch = mean is null || inverse is null ? (float*)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)(2 * rows + 1), sizeof(float)) : null;
        call.Run(new Pieces
        {
            X = x.Floats,
            Scale = scale.Floats,
            Bias = bias.Floats,
            Y = y,
            Rows = rows,
            Width = (int)width,
            Epsilon = settings.Epsilon,
            Mean = mean is null ? scratch : mean,
            Inverse = inverse is null ? scratch + rows : inverse,
        }, KernelCall.Pieces(rows, RowsPerPiece));
        System.Runtime.InteropServices.NativeMemory.Free(scratch);
    }

    /// <summary>The node's attributes.</summary>
    public sealed record Settings(long Axis, float Epsilon);

    private unsafe struct Pieces : IPieces
    {
        public float* X, Scale, Bias, Y, Mean, Inverse;
        public long Rows;
        public int Width;
        public float Epsilon;

        public readonly void Run(long index)
        {
            var first = index * RowsPerPiece;
            var rows = (int)Math.Min(RowsPerPiece, Rows - first);
            LayerNormalization.Forward(
                new(X + (first * Width), rows * Width), new(Scale, Width), Bias is null ? default : new(Bias, Width), Epsilon,
                new(Y + (first * Width), rows * Width), new(Mean + first, rows), new(Inverse + first, rows));
        }
    }
}
