using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>ai.onnxpipeline SoftmaxCrossEntropyLossAndGrad, and with label smoothing SmoothedCrossEntropyLossAndGrad: the gradient takes the place of the scores.</summary>
/// <param name="reduction">Where the node does not say it.</param>
internal sealed class SoftmaxCrossEntropyLossAndGradBinding(string name, string reduction) : CustomOp("ai.onnxpipeline", name,
    [new(ElementType.Float), new(ElementType.Int64), new(ElementType.Float)],
    [new(ElementType.Float), new(ElementType.Float, ShapeOf: 0, Over: 0)])
{
    public override bool Fits(Node node) => TypesFit(node) && LossReduction.Fits(node, 0) && node.Text("reduction", reduction) != "none";

    public override object Read(KernelAttributes attributes) => LossReduction.Read(attributes, reduction);

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var settings = (LossReduction)attributes;
        var (logits, labels, dY) = (call.Input(0), call.Input(1), call.Input(2));
        var rows = new LossRows(logits, labels);
        if (dY.Count != 1)
        {
            throw new OrtException($"dY has {dY.Count} elements; one was wanted.");
        }

        rows.Run(call, new Kernel
        {
            Logits = logits.Floats,
            DLogits = (float*)call.Output(1, logits),
            IgnoreIndex = settings.IgnoreIndex,
            Smoothing = settings.Smoothing,
            Scale = *dY.Floats,
        }, settings, (float*)call.Output(0, []));
    }

    private unsafe struct Kernel : ILossKernel
    {
        public float* Logits, DLogits;
        public long IgnoreIndex;
        public float Smoothing, Scale;

        public readonly int Run(in LossRows rows, long first, int count, Span<float> losses) => SoftmaxCrossEntropy.LossAndGradient(
            rows.Of(Logits, first, count), rows.LabelsOf(first, count), IgnoreIndex, Smoothing, Scale, losses, rows.Of(DLogits, first, count));
    }
}
