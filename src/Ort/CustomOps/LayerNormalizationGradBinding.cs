using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>com.microsoft LayerNormalizationGrad.</summary>
internal sealed class LayerNormalizationGradBinding() : CustomOp("com.microsoft", "LayerNormalizationGrad",
    [new(ElementType.Float), new(ElementType.Float), new(ElementType.Float), new(ElementType.Float), new(ElementType.Float)],
    [new(ElementType.Float, ShapeOf: 1, Over: 0), new(ElementType.Float, ShapeOf: 2), new(ElementType.Float, Optional: true, ShapeOf: 2)])
{
    private const int RowsPerPiece = LayerNormalization.RowsPerPartial;

    public override bool Fits(Node node) => TypesFit(node) && node.Outputs.Count > 1;

    public override object Read(KernelAttributes attributes) => attributes.Int("axis", -1);

    public override void Compute(KernelCall call, object attributes) => Compute(call, (long)attributes, default);

    /// <param name="other">Another gradient of X, which is added; without data where there is none.</param>
    public static unsafe void Compute(KernelCall call, long axis, TensorView other)
    {
        var (dY, x, scale, mean, inverse) = (call.Input(0), call.Input(1), call.Input(2), call.Input(3), call.Input(4));
        var rows = x.Before(axis);
        var width = rows == 0 ? scale.Count : x.Count / rows;
        if (scale.Count != width || mean.Count != rows || inverse.Count != rows || dY.Count != x.Count || (other.Data is not null && other.Count != x.Count))
        {
            throw new OrtException($"the {rows} rows of {width} do not go with dY of {dY.Count}, scale of {scale.Count}, mean of {mean.Count} and inv_std_dev of {inverse.Count} elements.");
        }

        var count = KernelCall.Pieces(rows, RowsPerPiece);
        var dX = (float*)call.Output(0, x);
        var dScale = (float*)call.Output(1, scale);
        var dBias = (float*)call.Output(2, scale);
        var partials = (float*)NativeMemory.Alloc((nuint)(2 * Math.Max(1, count) * width), sizeof(float));
        call.Run(new Pieces
        {
            DY = dY.Floats,
            X = x.Floats,
            Scale = scale.Floats,
            Mean = mean.Floats,
            Inverse = inverse.Floats,
            Other = other.Floats,
            DX = dX,
            DScale = partials,
            DBias = partials + (count * width),
            Rows = rows,
            Width = (int)width,
        }, count);
        Sum(partials, dScale, count, width);
        Sum(partials + (count * width), dBias, count, width);
        NativeMemory.Free(partials);
    }

    private static unsafe void Sum(float* partials, float* total, long count, long width)
    {
        if (total is not null)
        {
            LayerNormalization.SumPartials(new(partials, checked((int)(count * width))), new(total, (int)width));
        }
    }

    private unsafe struct Pieces : IPieces
    {
        public float* DY, X, Scale, Mean, Inverse, Other, DX, DScale, DBias;
        public long Rows;
        public int Width;

        public readonly void Run(long index)
        {
            var first = index * RowsPerPiece;
            var rows = (int)Math.Min(RowsPerPiece, Rows - first);
            var (start, length) = (first * Width, rows * Width);
            LayerNormalization.Backward(
                new(DY + start, length), new(X + start, length), new(Scale, Width), new(Mean + first, rows), new(Inverse + first, rows),
                Other is null ? default : new(Other + start, length), new(DX + start, length), new(DScale + (index * Width), Width), new(DBias + (index * Width), Width));
        }
    }
}
