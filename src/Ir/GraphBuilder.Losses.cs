using OnnxPipeline.Files;

namespace OnnxPipeline.Ir;

public sealed partial class GraphBuilder
{
    /// <summary>
    /// The mean over the targets that count of (1 − ε)·−ln p[target] + ε·(mean over classes of −ln p), p the softmax of the scores over
    /// <paramref name="axis"/>; 0 where none counts. Rank 0.
    /// </summary>
    /// <param name="scores">[N, C] or [N, C, …].</param>
    /// <param name="targets">int64, the shape of the scores without the axis of classes.</param>
    /// <param name="ignoreIndex">The target that does not count.</param>
    /// <param name="smoothing">ε.</param>
    public Value MeanCrossEntropy(Value scores, Value targets, long ignoreIndex, double smoothing = 0, long axis = -1)
    {
        var sum = Ops("SoftmaxCrossEntropyLoss", [scores, targets], 2, [("reduction", "sum"), ("ignore_index", ignoreIndex)]).Outputs[0];
        var counted = Cast(Not(Equal(targets, Constant(Tensor.Scalar(ignoreIndex)))), ElementType.Float);
        if (smoothing > 0)
        {
            var spread = ReduceSumAll(Mul(ReduceMean(LogSoftmax(scores, axis), [axis], keepDims: false), counted));
            sum = Sub(Mul(sum, Constant(1 - (float)smoothing)), Mul(spread, Constant((float)smoothing)));
        }

        return Div(sum, Max(ReduceSumAll(counted), Constant(1f)));
    }
}
