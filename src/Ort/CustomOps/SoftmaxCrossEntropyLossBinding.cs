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
        var rows = new LossRows(logits, labels);
        var kernel = new Kernel { Logits = logits.Floats, LogProb = (float*)call.Output(1, logits), IgnoreIndex = settings.IgnoreIndex };
        if (settings.Reduction == "none")
        {
            rows.Run(call, kernel, (float*)call.Output(0, labels));
        }
        else
        {
            rows.Run(call, kernel, settings, (float*)call.Output(0, []));
        }
    }

    private unsafe struct Kernel : ILossKernel
    {
        public float* Logits, LogProb;
        public long IgnoreIndex;

        public readonly int Run(in LossRows rows, long first, int count, Span<float> losses) => SoftmaxCrossEntropy.Forward(
            rows.Of(Logits, first, count), rows.LabelsOf(first, count), IgnoreIndex, losses, LogProb is null ? default : rows.Of(LogProb, first, count));
    }
}
