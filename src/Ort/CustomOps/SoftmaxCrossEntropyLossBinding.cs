using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>ai.onnxpipeline SoftmaxCrossEntropyLoss: ONNX's own without class weights, in the domain where a kernel of ours is found.</summary>
internal sealed class SoftmaxCrossEntropyLossBinding() : CustomOp("ai.onnxpipeline", "SoftmaxCrossEntropyLoss",
    [new(ElementType.Float), new(ElementType.Int64)],
    [new(ElementType.Float), new(ElementType.Float, Optional: true, ShapeOf: 0, Over: 0)])
{
    public override bool Fits(Node node) => TypesFit(node) && LossReduction.Fits(node, 0);

    public override object Read(KernelAttributes attributes) => LossReduction.Read(attributes);

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var settings = (LossReduction)attributes;
        var (logits, labels) = (call.Input(0), call.Input(1));
        var (rows, classes) = LossReduction.Check(logits, labels);
        var none = settings.Reduction == "none";
        var loss = (float*)(none ? call.Output(0, labels) : call.Output(0, []));
        var losses = none ? loss : (float*)NativeMemory.Alloc((nuint)rows + 1, sizeof(float));
        var invalid = long.MaxValue;
        call.Run(new Pieces
        {
            Logits = logits.Floats,
            Labels = (long*)labels.Data,
            LogProb = (float*)call.Output(1, logits),
            Loss = losses,
            Rows = rows,
            Classes = classes,
            IgnoreIndex = settings.IgnoreIndex,
            Invalid = &invalid,
        }, KernelCall.Pieces(rows, LossReduction.RowsPerPiece(classes)));
        if (!none)
        {
            *loss = settings.Reduce(losses, (long*)labels.Data, rows);
            NativeMemory.Free(losses);
        }

        LossReduction.CheckLabel(invalid, (long*)labels.Data, classes);
    }

    private unsafe struct Pieces : IPieces
    {
        public float* Logits, LogProb, Loss;
        public long* Labels, Invalid;
        public long Rows, IgnoreIndex;
        public int Classes;

        public readonly void Run(long index)
        {
            var most = LossReduction.RowsPerPiece(Classes);
            var first = index * most;
            var rows = (int)Math.Min(most, Rows - first);
            var bad = SoftmaxCrossEntropy.Forward(
                new(Logits + (first * Classes), rows * Classes), new ReadOnlySpan<long>(Labels + first, rows), IgnoreIndex, new(Loss + first, rows),
                LogProb is null ? default : new(LogProb + (first * Classes), rows * Classes));
            if (bad >= 0)
            {
                Interlocked.Exchange(ref *Invalid, first + bad);
            }
        }
    }
}
