using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;
using OnnxPipeline.Ort.StepGraph.Fusions;

namespace OnnxPipeline.Ort.StepGraph;

/// <summary>
/// The project's operators, and what step graphs have besides: forward operators under a name where a C# kernel is found, and every operator
/// with a kernel once more under a name where it is not, for nodes of a form that only the body computes.
/// </summary>
internal static class OperatorLibrary
{
    /// <summary>The domain in which an operator with a C# kernel is always its body.</summary>
    public const string BodyDomain = "ai.onnxpipeline.body";

    private const int FloatKind = 1, IntKind = 2, StringKind = 3;

    public static FunctionLibrary Instance { get; } = Create();

    private static FunctionLibrary Create()
    {
        var library = FunctionLibrary.Default
            .With(new FusedOperator("ai.onnxpipeline", "LayerNormalization")
            {
                Doc = "LayerNormalization of ONNX",
                Inputs = ["X", "Scale", "B"],
                Outputs = ["Y", "Mean", "InvStdDev"],
                Attributes = new Dictionary<string, AttributeValue?> { ["axis"] = -1, ["epsilon"] = 1e-5f },
                Body = (b, inputs) => b.Ops("LayerNormalization", [.. inputs], 3, [("axis", new ReferenceAttribute("axis", IntKind)), ("epsilon", new ReferenceAttribute("epsilon", FloatKind))]).Outputs,
            })
            .With(new FusedOperator("ai.onnxpipeline", "SoftmaxCrossEntropyLoss")
            {
                Doc = "SoftmaxCrossEntropyLoss of ONNX without class weights",
                Inputs = ["scores", "labels"],
                Outputs = ["output", "log_prob"],
                Attributes = new Dictionary<string, AttributeValue?> { ["reduction"] = "mean", ["ignore_index"] = long.MinValue },
                Body = (b, inputs) => b.Ops("SoftmaxCrossEntropyLoss", [.. inputs], 2,
                    [("reduction", new ReferenceAttribute("reduction", StringKind)), ("ignore_index", new ReferenceAttribute("ignore_index", IntKind))]).Outputs,
            })
            .With(BiasedGelu.Operator)
            .With(MaskedSoftmax.Operator)
            .With(MaskedSoftmaxGradient.Operator)
            .With(LabelSmoothing.Operator);
        return CustomOps.CustomOpTable.Operators.Select(op => library.Find(op.Domain, op.Name)).OfType<FusedOperator>()
            .Aggregate(library, (all, op) => all.With(op with { Domain = BodyDomain }));
    }
}
