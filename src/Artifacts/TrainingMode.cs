using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>
/// Makes dropout active. Models that this project builds hold Dropout without the input <c>training_mode</c>, so that nothing happens when they
/// are simply run; in other models such a node was left out of training on purpose and stays so.
/// </summary>
internal static class TrainingMode
{
    public static void Apply(Graph graph, int opset)
    {
        foreach (var node in graph.AllNodes().Where(n => n.OpType == "Dropout" && n.Domain.Length == 0 && n.Input(2) is null).ToList())
        {
            node.SetInput(2, new GraphBuilder(node.Owner!, opset, before: node, scope: node.Name + "/").Constant(Tensor.Scalar(true)));
        }
    }
}
