using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>ai.onnxpipeline Dropout: the mask is a function of seed, step and position.</summary>
internal sealed class DropoutBinding() : CustomOp("ai.onnxpipeline", "Dropout",
    [new(ElementType.Float), new(ElementType.Float), new(ElementType.Int64), new(ElementType.Int64)],
    [new(ElementType.Float, ShapeOf: 0, Over: 0), new(ElementType.Bool, ShapeOf: 0)])
{
    private const int ElementsPerPiece = 1 << 14;

    public override bool Fits(Node node) => TypesFit(node) && node.Outputs.Count == 2;

    public override object Read(KernelAttributes attributes) => "";

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var (x, ratio, seed, step) = (call.Input(0), call.Input(1), call.Input(2), call.Input(3));
        CheckRatio(ratio);
        call.Run(new Pieces
        {
            X = x.Floats,
            Y = (float*)call.Output(0, x),
            Mask = (bool*)call.Output(1, x),
            Count = x.Count,
            Ratio = *ratio.Floats,
            Seed = *(long*)seed.Data,
            Step = *(long*)step.Data,
        }, KernelCall.Pieces(x.Count, ElementsPerPiece));
    }

    /// <exception cref="OrtException">It is not one number in [0, 1].</exception>
    public static unsafe void CheckRatio(in TensorView ratio)
    {
        if (ratio.Count != 1 || !(*ratio.Floats >= 0 && *ratio.Floats <= 1))
        {
            throw new OrtException($"the ratio is {(ratio.Count == 1 ? *ratio.Floats : "no scalar")}; a number from 0 to 1 was wanted.");
        }
    }

    private unsafe struct Pieces : IPieces
    {
        public float* X, Y;
        public bool* Mask;
        public long Count, Seed, Step;
        public float Ratio;

        public readonly void Run(long index)
        {
            var first = index * ElementsPerPiece;
            var count = (int)Math.Min(ElementsPerPiece, Count - first);
            Dropout.Forward(new(X + first, count), Ratio, Seed, Step, first, new(Y + first, count), new(Mask + first, count));
        }
    }
}
