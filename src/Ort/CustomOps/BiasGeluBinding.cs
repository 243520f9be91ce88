using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>ai.onnxpipeline BiasGelu. Gelu alone is not here: ONNX Runtime's is as fast.</summary>
internal sealed class BiasGeluBinding() : CustomOp("ai.onnxpipeline", "BiasGelu",
    [new(ElementType.Float), new(ElementType.Float)], [new(ElementType.Float, ShapeOf: 0, Over: 0)])
{
    public override bool Fits(Node node) => TypesFit(node) && node.Text("approximate", "none") is "none" or "tanh";

    public override object Read(KernelAttributes attributes) => attributes.Text("approximate", "none") == "tanh";

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var x = call.Input(0);
        var added = call.Input(1);
        var rows = ActivationRows.Of(x, added);
        call.Run(new Pieces { X = x.Floats, Bias = added.Floats, Y = (float*)call.Output(0, x), Rows = rows, Fast = (bool)attributes }, rows.Pieces);
    }

    private unsafe struct Pieces : IPieces
    {
        public float* X, Bias, Y;
        public ActivationRows Rows;
        public bool Fast;

        public readonly void Run(long index)
        {
            var (first, count) = Rows.Piece(index);
            var bias = new ReadOnlySpan<float>(Bias, Rows.BiasLength);
            if (Fast)
            {
                FastGelu.Forward(new(X + first, count), bias, new(Y + first, count));
            }
            else
            {
                Gelu.Forward(new(X + first, count), bias, new(Y + first, count));
            }
        }
    }
}
