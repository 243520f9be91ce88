using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>ai.onnxpipeline AddLayerNormalization: a residual sum and its normalization.</summary>
internal sealed class AddLayerNormalizationBinding() : CustomOp("ai.onnxpipeline", "AddLayerNormalization",
    [new(ElementType.Float), new(ElementType.Float), new(ElementType.Float), new(ElementType.Float, Optional: true)],
    [
        new(ElementType.Float, ShapeOf: 0, Over: 1), new(ElementType.Float, ShapeOf: 0), new(ElementType.Float, Optional: true),
        new(ElementType.Float, Optional: true),
    ])
{
    private const int RowsPerPiece = 32;

    public override bool Fits(Node node) => TypesFit(node);

    public override object Read(KernelAttributes attributes) => new LayerNormalizationBinding.Settings(attributes.Int("axis", -1), attributes.Float("epsilon", 1e-5f));

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var settings = (LayerNormalizationBinding.Settings)attributes;
        var (a, b, scale, bias) = (call.Input(0), call.Input(1), call.Input(2), call.Input(3));
        var rows = a.Before(settings.Axis);
        var width = rows == 0 ? scale.Count : a.Count / rows;
        if (scale.Count != width || (bias.Data is not null && bias.Count != width) || b.Count != a.Count)
        {
            throw new OrtException($"A has {a.Count} elements, B {b.Count}, scale {scale.Count} and bias {bias.Count}; {width} are normalized together.");
        }

        var sum = (float*)call.Output(0, a);
        var y = (float*)call.Output(1, a);
        var mean = (float*)call.Output(2, a, settings.Axis);
        var inverse = (float*)call.Output(3, a, settings.Axis);
        var scratch = mean is null || inverse is null ? (float*)NativeMemory.Alloc((nuint)((2 * rows) + 1), sizeof(float)) : null;
        call.Run(new Pieces
        {
            A = a.Floats,
            B = b.Floats,
            Scale = scale.Floats,
            Bias = bias.Floats,
            Sum = sum,
            Y = y,
            Rows = rows,
            Width = (int)width,
            Epsilon = settings.Epsilon,
            Mean = mean is null ? scratch : mean,
            Inverse = inverse is null ? scratch + rows : inverse,
        }, KernelCall.Pieces(rows, RowsPerPiece));
        NativeMemory.Free(scratch);
    }

    private unsafe struct Pieces : IPieces
    {
        public float* A, B, Scale, Bias, Sum, Y, Mean, Inverse;
        public long Rows;
        public int Width;
        public float Epsilon;

        public readonly void Run(long index)
        {
            var first = index * RowsPerPiece;
            var rows = (int)Math.Min(RowsPerPiece, Rows - first);
            var (start, length) = (first * Width, rows * Width);
            LayerNormalization.ForwardOfSum(
                new(A + start, length), new(B + start, length), new(Scale, Width), Bias is null ? default : new(Bias, Width), Epsilon,
                new(Sum + start, length), new(Y + start, length), new(Mean + first, rows), new(Inverse + first, rows));
        }
    }
}
