using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>Takes out what a graph does only while it is trained: Dropout becomes nothing, BatchNormalization takes its stored statistics.</summary>
internal static class EvaluationMode
{
    public static void Apply(Graph graph, int opset)
    {
        BatchStatistics.UseStored(graph, opset);
        foreach (var node in graph.Nodes)
        {
            if (node.OpType != "Dropout")
            {
                continue;
            }

            if (node.Output(1) is { } mask && (mask.Uses.Count > 0 || graph.Outputs.Contains(mask)))
            {
                node.SetInput(2, null); // whoever looks at the mask sees the one of evaluation: all true
                continue;
            }

            var (x, y) = (node.Inputs[0]!, node.Outputs[0]);
            if (graph.Outputs.Contains(y) && (x.Producer is null || graph.Outputs.Contains(x)))
            {
                x = new GraphBuilder(graph, opset, before: node).Identity(x);
            }

            graph.ReplaceAllUses(y, x);
            graph.Nodes.Remove(node);
        }
    }
}
