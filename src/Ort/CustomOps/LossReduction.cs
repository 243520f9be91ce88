using OnnxPipeline.Ir;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>The attributes of SoftmaxCrossEntropyLoss and its gradient.</summary>
/// <param name="Reduction"><c>mean</c>, <c>sum</c> or <c>none</c>.</param>
/// <param name="IgnoreIndex">The default is a label that there is not.</param>
/// <param name="Smoothing">The share of the target that is spread evenly over the classes; 0 for operators that have no such attribute.</param>
internal sealed record LossReduction(string Reduction, long IgnoreIndex, float Smoothing)
{
    /// <param name="reduction">Where the node does not say it.</param>
    public static LossReduction Read(KernelAttributes attributes, string reduction = "mean") =>
        new(attributes.Text("reduction", reduction), attributes.Int("ignore_index", long.MinValue), attributes.Float("smoothing", 0));

    /// <summary>Whether logits are rows of classes.</summary>
    public static bool Fits(Node node, int logits) => node.Input(logits)?.Shape is { Rank: 2 };

    /// <summary>The sum of the rows' losses, or their mean over the rows that count.</summary>
    public float Reduce(ReadOnlySpan<float> losses, ReadOnlySpan<long> labels)
    {
        var sum = 0.0;
        foreach (var loss in losses)
        {
            sum += loss;
        }

        return (float)(Reduction == "sum" ? sum : sum / SoftmaxCrossEntropy.CountedRows(labels, IgnoreIndex));
    }
}
