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
        var rows = new LossRows(logProb, labels);
        var none = settings.Reduction == "none";
        if (dY.Count != (none ? rows.Count : 1))
        {
            throw new OrtException($"dY has {dY.Count} elements; {(none ? rows.Count : 1)} were wanted.");
        }

        var scale = none ? 0f : *dY.Floats;
        if (settings.Reduction == "mean")
        {
            var counted = SoftmaxCrossEntropy.CountedRows(rows.Labels, settings.IgnoreIndex);
            scale = counted == 0 ? 0 : scale / counted;
        }

        rows.Run(call, new Kernel
        {
            LogProb = logProb.Floats,
            DLogits = (float*)call.Output(0, logProb),
            IgnoreIndex = settings.IgnoreIndex,
            Scale = scale,
            Scales = none ? dY.Floats : null,
        }, losses: null);
    }

    private unsafe struct Kernel : ILossKernel
    {
        public float* LogProb, DLogits, Scales;
        public long IgnoreIndex;
        public float Scale;

        public readonly int Run(in LossRows rows, long first, int count, Span<float> losses)
        {
            var scale = Scale;
            var scales = Scales is null ? new ReadOnlySpan<float>(in scale) : new(Scales + first, count);
            return SoftmaxCrossEntropy.Backward(rows.Of(LogProb, first, count), scales, rows.LabelsOf(first, count), IgnoreIndex, rows.Of(DLogits, first, count));
        }
    }
}
