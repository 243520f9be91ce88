using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>ai.onnxpipeline GatherGradAdd at axis 0: the gradient of an embedding that is used elsewhere too, such as tied weights.</summary>
internal sealed class GatherGradAddBinding() : CustomOp("ai.onnxpipeline", "GatherGradAdd",
    [new(ElementType.Float), new(ElementType.Int64), new(ElementType.Float)],
    [new(ElementType.Float, ShapeOf: 0, Over: 0)])
{
    public override bool Fits(Node node) => TypesFit(node) && node.Int("axis", 0) == 0;

    public override object Read(KernelAttributes attributes) => "";

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var (sum, indices, dY) = (call.Input(0), call.Input(1), call.Input(2));
        Span<long> dims = stackalloc long[TensorView.MostDims];
        sum.CopyDims(dims);
        GatheredRows.Run(call, sum.Floats, (float*)call.Output(0, sum), dims[..sum.Rank], indices, dY);
    }
}
