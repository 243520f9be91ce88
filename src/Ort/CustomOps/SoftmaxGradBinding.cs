using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>com.microsoft SoftmaxGrad_13 over the last axis, and ai.onnxpipeline MaskedSoftmaxGrad, which is that times a scale.</summary>
internal sealed class SoftmaxGradBinding(string domain, string name) : CustomOp(domain, name,
    [new(ElementType.Float), new(ElementType.Float)], [new(ElementType.Float, ShapeOf: 1, Over: 0)])
{
    public override bool Fits(Node node) => TypesFit(node) && SoftmaxRows.AreOf(node, 1);

    public override object Read(KernelAttributes attributes) => attributes.Float("scale", 1);

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var (dY, y) = (call.Input(0), call.Input(1));
        if (dY.Count != y.Count)
        {
            throw new OrtException($"dY has {dY.Count} elements, Y {y.Count}.");
        }

        var rows = SoftmaxRows.Of(y);
        call.Run(new Pieces { DY = dY.Floats, Y = y.Floats, DX = (float*)call.Output(0, y), Rows = rows, Scale = (float)attributes }, rows.Pieces);
    }

    private unsafe struct Pieces : IPieces
    {
        public float* DY, Y, DX;
        public SoftmaxRows Rows;
        public float Scale;

        public readonly void Run(long index)
        {
            var (first, rows) = Rows.Piece(index);
            var (start, count) = (first * Rows.Width, rows * Rows.Width);
            Softmax.Backward(new(DY + start, count), new(Y + start, count), Rows.Width, Scale, new(DX + start, count));
        }
    }
}
