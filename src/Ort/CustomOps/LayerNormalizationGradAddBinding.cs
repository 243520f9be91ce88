using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>ai.onnxpipeline LayerNormalizationGradAdd: LayerNormalizationGrad where X has another gradient, that of the residual path.</summary>
internal sealed class LayerNormalizationGradAddBinding() : CustomOp("ai.onnxpipeline", "LayerNormalizationGradAdd",
    [new(ElementType.Float), new(ElementType.Float), new(ElementType.Float), new(ElementType.Float), new(ElementType.Float), new(ElementType.Float)],
    [new(ElementType.Float, ShapeOf: 1, Over: 0), new(ElementType.Float, ShapeOf: 2), new(ElementType.Float, Optional: true, ShapeOf: 2)])
{
    public override bool Fits(Node node) => TypesFit(node) && node.Outputs.Count > 1;

    public override object Read(KernelAttributes attributes) => attributes.Int("axis", -1);

    public override void Compute(KernelCall call, object attributes) => LayerNormalizationGradBinding.Compute(call, (long)attributes, call.Input(5));
}
