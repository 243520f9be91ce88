using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>Takes out what a graph does only while it is trained: Dropout becomes nothing, BatchNormalization takes its stored statistics.</summary>
internal static class EvaluationMode
{
    public static void Apply(Graph graph, int opset)
    {
        BatchStatistics.UseStored(graph, opset);
        foreach (var node in graph.AllNodes().Where(n => n.Domain.Length == 0).ToList())
        {
            if (node.OpType != "Dropout")
            {
                continue;
            }

            var owner = node.Owner!; // the graph, or one inside it
            if (node.Output(1) is { } mask && (mask.Uses.Count > 0 || owner.Outputs.Contains(mask)))
            {
                node.SetInput(2, null); // whoever looks at the mask sees the one of evaluation: all true
                continue;
            }

            var (x, y) = (node.Inputs[0]!, node.Outputs[0]);
            if (owner.Outputs.Contains(y) && (x.Producer?.Owner != owner || owner.Outputs.Contains(x)))
            {
                x = new GraphBuilder(owner, opset, before: node).Identity(x);
            }

            owner.ReplaceAllUses(y, x);
            owner.Nodes.Remove(node);
        }
    }
}
