using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>com.microsoft DropoutGrad; as its body, it does not look at training_mode.</summary>
internal sealed class DropoutGradBinding() : CustomOp("com.microsoft", "DropoutGrad",
    [new(ElementType.Float), new(ElementType.Bool), new(ElementType.Float), new(ElementType.Bool, Optional: true)],
    [new(ElementType.Float, ShapeOf: 0, Over: 0)])
{
    private const int ElementsPerPiece = 1 << 15;

    public override bool Fits(Node node) => TypesFit(node);

    public override object Read(KernelAttributes attributes) => "";

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var (dY, mask, ratio) = (call.Input(0), call.Input(1), call.Input(2));
        DropoutBinding.CheckRatio(ratio);
        if (mask.Count != dY.Count)
        {
            throw new OrtException($"dy has {dY.Count} elements, mask {mask.Count}.");
        }

        call.Run(new Pieces { DY = dY.Floats, Mask = (bool*)mask.Data, DX = (float*)call.Output(0, dY), Count = dY.Count, Ratio = *ratio.Floats },
            KernelCall.Pieces(dY.Count, ElementsPerPiece));
    }

    private unsafe struct Pieces : IPieces
    {
        public float* DY, DX;
        public bool* Mask;
        public long Count;
        public float Ratio;

        public readonly void Run(long index)
        {
            var first = index * ElementsPerPiece;
            var count = (int)Math.Min(ElementsPerPiece, Count - first);
            Dropout.Backward(new(DY + first, count), new(Mask + first, count), Ratio, new(DX + first, count));
        }
    }
}
