using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>com.microsoft GeluGrad, FastGeluGrad, BiasGeluGrad_dX, BiasFastGeluGrad_dX.</summary>
/// <param name="fast">Whether it is the form with tanh.</param>
/// <param name="bias">Whether the third input, [last axis], is added first.</param>
internal sealed class GeluGradBinding(string name, bool fast, bool bias) : CustomOp("com.microsoft", name,
    bias ? [new(ElementType.Float), new(ElementType.Float), new(ElementType.Float)] : [new(ElementType.Float), new(ElementType.Float)],
    [new(ElementType.Float, ShapeOf: 1, Over: 0)])
{
    public override bool Fits(Node node) => TypesFit(node);

    public override object Read(KernelAttributes attributes) => "";

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var (dY, x) = (call.Input(0), call.Input(1));
        var added = call.Input(2);
        if (dY.Count != x.Count)
        {
            throw new OrtException($"dY has {dY.Count} elements, X {x.Count}.");
        }

        var rows = ActivationRows.Of(x, added);
        call.Run(new Pieces { DY = dY.Floats, X = x.Floats, Bias = added.Floats, DX = (float*)call.Output(0, x), Rows = rows, Fast = fast }, rows.Pieces);
    }

    private unsafe struct Pieces : IPieces
    {
        public float* DY, X, Bias, DX;
        public ActivationRows Rows;
        public bool Fast;

        public readonly void Run(long index)
        {
            var (first, count) = Rows.Piece(index);
            var bias = new ReadOnlySpan<float>(Bias, Rows.BiasLength);
            if (Fast)
            {
                FastGelu.Backward(new(DY + first, count), new(X + first, count), bias, new(DX + first, count));
            }
            else
            {
                Gelu.Backward(new(DY + first, count), new(X + first, count), bias, new(DX + first, count));
            }
        }
    }
}
