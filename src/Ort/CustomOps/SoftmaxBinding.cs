using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>ai.onnxpipeline Softmax: ONNX's own over the last axis, in the domain where a kernel of ours is found.</summary>
internal sealed class SoftmaxBinding() : CustomOp("ai.onnxpipeline", "Softmax", [new(ElementType.Float)], [new(ElementType.Float, ShapeOf: 0, Over: 0)])
{
    public override bool Fits(Node node) => TypesFit(node) && SoftmaxRows.AreOf(node, 0);

    public override object Read(KernelAttributes attributes) => "";

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var x = call.Input(0);
        var rows = SoftmaxRows.Of(x);
        call.Run(new Pieces { X = x.Floats, Y = (float*)call.Output(0, x), Rows = rows }, rows.Pieces);
    }

    private unsafe struct Pieces : IPieces
    {
        public float* X, Y;
        public SoftmaxRows Rows;

        public readonly void Run(long index)
        {
            var (first, rows) = Rows.Piece(index);
            var (start, count) = (first * Rows.Width, rows * Rows.Width);
            Softmax.Forward(new(X + start, count), Rows.Width, 1, [], new(Y + start, count));
        }
    }
}
