using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>com.microsoft SoftmaxCrossEntropyLossGrad without class weights.</summary>
internal sealed class SoftmaxCrossEntropyLossGradBinding() : CustomOp("com.microsoft", "SoftmaxCrossEntropyLossGrad",
    [new(ElementType.Float), new(ElementType.Float), new(ElementType.Int64)],
    [new(ElementType.Float, ShapeOf: 1, Over: 1)])
{
    public override bool Fits(Node node) => TypesFit(node) && LossReduction.Fits(node, 1);

    public override object Read(KernelAttributes attributes) => LossReduction.Read(attributes);

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var settings = (LossReduction)attributes;
        var (dY, logProb, labels) = (call.Input(0), call.Input(1), call.Input(2));
        var (rows, classes) = LossReduction.Check(logProb, labels);
        var none = settings.Reduction == "none";
        if (dY.Count != (none ? rows : 1))
        {
            throw new OrtException($"dY has {dY.Count} elements; {(none ? rows : 1)} were wanted.");
        }

        var scale = none ? 0f : *dY.Floats;
        if (settings.Reduction == "mean")
        {
            var counted = SoftmaxCrossEntropy.CountedRows(new ReadOnlySpan<long>(labels.Data, checked((int)rows)), settings.IgnoreIndex);
            scale = counted == 0 ? 0 : scale / counted;
        }

        var invalid = long.MaxValue;
        call.Run(new Pieces
        {
            LogProb = logProb.Floats,
            Labels = (long*)labels.Data,
            DLogits = (float*)call.Output(0, logProb),
            Rows = rows,
            Classes = classes,
            IgnoreIndex = settings.IgnoreIndex,
            Scale = scale,
            Scales = none ? dY.Floats : null,
            Invalid = &invalid,
        }, KernelCall.Pieces(rows, LossReduction.RowsPerPiece(classes)));
        LossReduction.CheckLabel(invalid, (long*)labels.Data, classes);
    }

    private unsafe struct Pieces : IPieces
    {
        public float* LogProb, DLogits, Scales;
        public long* Labels, Invalid;
        public long Rows, IgnoreIndex;
        public int Classes;
        public float Scale;

        public readonly void Run(long index)
        {
            var most = LossReduction.RowsPerPiece(Classes);
            var first = index * most;
            var rows = (int)Math.Min(most, Rows - first);
            var scale = Scale;
            var scales = Scales is null ? new ReadOnlySpan<float>(in scale) : new(Scales + first, rows);
            var bad = SoftmaxCrossEntropy.Backward(
                new(LogProb + (first * Classes), rows * Classes), scales, new ReadOnlySpan<long>(Labels + first, rows), IgnoreIndex, new(DLogits + (first * Classes), rows * Classes));
            if (bad >= 0)
            {
                Interlocked.Exchange(ref *Invalid, first + bad);
            }
        }
    }
}
