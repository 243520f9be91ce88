using OnnxPipeline.Ir;
using OnnxPipeline.Ort.CustomOps;

namespace OnnxPipeline.Ort.StepGraph;

/// <summary>Sends forward nodes to operators of ours where a C# kernel computes them, and gradient nodes of a form that their kernel does not compute to their bodies.</summary>
internal static class KernelChoice
{
    /// <summary>ONNX's own operators that also exist in the domain of ours, where a kernel is found; theirs are not replaced by name.</summary>
    private static readonly string[] Forward = ["LayerNormalization", "SoftmaxCrossEntropyLoss"];

    public static void Apply(Graph graph)
    {
        foreach (var node in graph.Nodes)
        {
            if (node.Domain.Length == 0 && Forward.Contains(node.OpType))
            {
                node.Domain = CustomOpTable.Find("ai.onnxpipeline", node.OpType)!.Fits(node) ? "ai.onnxpipeline" : "";
            }
            else if (CustomOpTable.Find(node.Domain, node.OpType) is { } op && !op.Fits(node))
            {
                node.Domain = OperatorLibrary.BodyDomain;
            }
        }
    }
}
