using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>How many labels a model hits: beside the loss the number by which people compare classifiers and masked language models.</summary>
internal static class LabelHits
{
    /// <summary>
    /// Appends the output [2]: labels that are the class of the greatest logit, labels that count. Taken from where the cross-entropy of the labels
    /// is computed, so that a model that takes only some positions to its classes is not made to take all.
    /// </summary>
    /// <param name="input">The graph input that has the labels.</param>
    /// <exception cref="ArtifactsException">The graph computes no cross-entropy of them.</exception>
    public static void Append(Model model, string name, string input)
    {
        var graph = model.Graph;
        var labels = graph.Inputs.Find(v => v.Name == input);
        var entropy = graph.Nodes.FirstOrDefault(n => n.OpType == "SoftmaxCrossEntropyLoss" && labels is not null && DependsOn(n.Inputs[1]!, labels))
            ?? throw new ArtifactsException($"The model computes no SoftmaxCrossEntropyLoss of an input '{input}', so it cannot be counted how many of these labels it hits.");
        var (scores, targets) = (entropy.Inputs[0]!, entropy.Inputs[1]!);
        var b = new GraphBuilder(graph, model.Opset, scope: name + "/");
        var best = b.Op("ArgMax", [scores], [("axis", 1L), ("keepdims", 0L)]);
        var hits = b.Cast(b.Equal(best, targets), ElementType.Float); // what does not count is no class
        var counted = b.Cast(b.Not(b.Equal(targets, b.Constant(Tensor.Scalar(entropy.Int("ignore_index", long.MinValue))))), ElementType.Float);
        var both = b.Concat(0, b.Reshape(b.ReduceSumAll(hits), 1), b.Reshape(b.ReduceSumAll(counted), 1));
        both.Type = new TensorType(ElementType.Float, Shape.Of(2));
        b.Output(both, name);
    }

    private static bool DependsOn(Value value, Value input)
    {
        var seen = new HashSet<Value>();
        var open = new Stack<Value>([value]);
        while (open.TryPop(out var v))
        {
            if (v == input)
            {
                return true;
            }

            foreach (var before in seen.Add(v) ? v.Producer?.Inputs.OfType<Value>() ?? [] : [])
            {
                open.Push(before);
            }
        }

        return false;
    }
}
