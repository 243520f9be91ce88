using OnnxPipeline.Files;

namespace OnnxPipeline.Ir;

public sealed partial class GraphBuilder
{
    /// <summary>
    /// The mean over the targets that count of (1 − ε)·−ln p[target] + ε·(mean over classes of −ln p), p the softmax of the scores over
    /// the classes; 0 where none counts. Rank 0, of the type of the scores.
    /// </summary>
    /// <param name="scores">[N, C] or [N, C, …].</param>
    /// <param name="targets">int64, the shape of the scores without the axis of classes.</param>
    /// <param name="ignoreIndex">The target that does not count.</param>
    /// <param name="smoothing">ε.</param>
    public Value MeanCrossEntropy(Value scores, Value targets, long ignoreIndex, double smoothing = 0)
    {
        var sum = Ops("SoftmaxCrossEntropyLoss", [scores, targets], 2, [("reduction", "sum"), ("ignore_index", ignoreIndex)]).Outputs[0];
        var counted = Cast(Not(Equal(targets, Constant(Tensor.Scalar(ignoreIndex)))), scores.Element.IsFloat() ? scores.Element : ElementType.Float);
        if (smoothing > 0)
        {
            var spread = ReduceSumAll(Mul(ReduceMean(LogSoftmax(scores, 1), [1], keepDims: false), counted));
            sum = Sub(Mul(sum, ConstantLike(counted, 1 - (float)smoothing)), Mul(spread, ConstantLike(counted, (float)smoothing)));
        }

        return Div(sum, Max(ReduceSumAll(counted), ConstantLike(counted, 1)));
    }
}
