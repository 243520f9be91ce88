using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>ai.onnxpipeline SoftmaxCrossEntropyLossAndGrad: the gradient takes the place of the scores.</summary>
internal sealed class SoftmaxCrossEntropyLossAndGradBinding() : CustomOp("ai.onnxpipeline", "SoftmaxCrossEntropyLossAndGrad",
    [new(ElementType.Float), new(ElementType.Int64), new(ElementType.Float)],
    [new(ElementType.Float), new(ElementType.Float, ShapeOf: 0, Over: 0)])
{
    public override bool Fits(Node node) => TypesFit(node) && LossReduction.Fits(node, 0) && node.Text("reduction", "mean") != "none";

    public override object Read(KernelAttributes attributes) => LossReduction.Read(attributes);

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var settings = (LossReduction)attributes;
        var (logits, labels, dY) = (call.Input(0), call.Input(1), call.Input(2));
        var (rows, classes) = LossReduction.Check(logits, labels);
        if (dY.Count != 1)
        {
            throw new OrtException($"dY has {dY.Count} elements; one was wanted.");
        }

        var loss = (float*)call.Output(0, []);
        var losses = (float*)NativeMemory.Alloc((nuint)rows + 1, sizeof(float));
        var invalid = long.MaxValue;
        call.Run(new Pieces
        {
            Logits = logits.Floats,
            Labels = (long*)labels.Data,
            DLogits = (float*)call.Output(1, logits),
            Loss = losses,
            Rows = rows,
            Classes = classes,
            IgnoreIndex = settings.IgnoreIndex,
            Scale = *dY.Floats,
            Invalid = &invalid,
        }, KernelCall.Pieces(rows, LossReduction.RowsPerPiece(classes)));
        *loss = settings.Reduce(losses, (long*)labels.Data, rows);
        NativeMemory.Free(losses);
        LossReduction.CheckLabel(invalid, (long*)labels.Data, classes);
    }

    private unsafe struct Pieces : IPieces
    {
        public float* Logits, DLogits, Loss;
        public long* Labels, Invalid;
        public long Rows, IgnoreIndex;
        public int Classes;
        public float Scale;

        public readonly void Run(long index)
        {
            var most = LossReduction.RowsPerPiece(Classes);
            var first = index * most;
            var rows = (int)Math.Min(most, Rows - first);
            var bad = SoftmaxCrossEntropy.LossAndGradient(
                new(Logits + (first * Classes), rows * Classes), new ReadOnlySpan<long>(Labels + first, rows), IgnoreIndex, Scale,
                new(Loss + first, rows), new(DLogits + (first * Classes), rows * Classes));
            if (bad >= 0)
            {
                Interlocked.Exchange(ref *Invalid, first + bad);
            }
        }
    }
}
