using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>com.microsoft GatherGrad at axis 0: the gradient of an embedding.</summary>
internal sealed class GatherGradBinding() : CustomOp("com.microsoft", "GatherGrad",
    [new(ElementType.Int64), new(ElementType.Int64), new(ElementType.Float)],
    [new(ElementType.Float)])
{
    public override bool Fits(Node node) => TypesFit(node) && node.Int("axis", 0) == 0;

    public override object Read(KernelAttributes attributes) => "";

    public override unsafe void Compute(KernelCall call, object attributes)
    {
        var (shape, indices, dY) = (call.Input(0), call.Input(1), call.Input(2));
        if (shape.Count is < 1 or > TensorView.MostDims)
        {
            throw new OrtException($"the shape has {shape.Count} dimensions; 1 to {TensorView.MostDims} are supported.");
        }

        var dims = new ReadOnlySpan<long>(shape.Data, (int)shape.Count);
        GatheredRows.Run(call, null, (float*)call.Output(0, dims), dims, indices, dY);
    }
}
