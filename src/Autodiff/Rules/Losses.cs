using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>Losses of labels: scores are [N, C, d...], labels [N, d...], class weights [C].</summary>
internal static class Losses
{
    // (e^log_prob − onehot(label))·weight·dy, 0 for ignored labels; reduction mean divides by what counted. The gradient operator is always
    // asked for reduction sum without weights, the one form that its body defines; the rest stands outside.
    public static IReadOnlyList<Value?> SoftmaxCrossEntropyLoss(GradientContext c)
    {
        if (c.DyOrNull(1) is not null)
        {
            throw new AutodiffException($"{c.Node.Describe()}: the loss depends on its output log_prob, for which there is no gradient. Use LogSoftmax instead.");
        }

        RefuseTrainedWeights(c);
        var b = c.Build;
        var reduction = c.Node.Text("reduction", "mean");
        List<(string, AttributeValue)> attributes = [("reduction", "sum")];
        if (c.Node.Attributes.TryGetValue("ignore_index", out var ignored))
        {
            attributes.Add(("ignore_index", ignored)); // the operator of that name accepts no default of its own
        }

        var counts = reduction == "mean" || c.Node.Input(2) is not null ? Counted(c) : null;
        var weights = Weights(c, counts);
        var dy = reduction == "mean" ? Averaged(c, counts, weights) : c.Dy;

        Value Gradient(Value scale) => b.Op("SoftmaxCrossEntropyLossGrad", [scale, c.Y(1), c.X(1)], attributes.ToArray(), "com.microsoft");
        if (weights is null && reduction != "none")
        {
            return [Gradient(dy)];
        }

        var factor = weights is null ? dy : b.Mul(weights, dy); // [N, d...]
        return [b.Mul(Gradient(b.ConstantLike(dy, 1)), b.Unsqueeze(factor, 1))];
    }

    // −Σ weight·x[label], 0 for ignored labels: −weight·dy at the label's class, 0 at the others; reduction mean divides by what counted
    public static IReadOnlyList<Value?> NegativeLogLikelihoodLoss(GradientContext c)
    {
        RefuseTrainedWeights(c);
        var b = c.Build;
        var (x, labels) = (c.X(0), c.X(1));
        var counts = Counted(c);
        var weights = Weights(c, counts) ?? (counts is null ? null : b.Cast(counts, x.Element));
        var share = b.Neg(c.Node.Text("reduction", "mean") == "mean" ? Averaged(c, counts, weights) : c.Dy); // [N, d...] or a scalar
        var updates = weights is null ? b.Expand(share, c.ShapeOf(labels)) : b.Mul(weights, share);
        return [b.ScatterElements(c.ZerosLike(x), b.Unsqueeze(Places(c, counts), 1), b.Unsqueeze(updates, 1), 1)];
    }

    private static void RefuseTrainedWeights(GradientContext c)
    {
        if (c.Needs(2))
        {
            throw new AutodiffException($"{c.Node.Describe()}: its class weights {c.X(2).Name} cannot be trained; freeze them.");
        }
    }

    /// <summary>Which labels count, [N, d...]; null: all.</summary>
    private static Value? Counted(GradientContext c)
    {
        var b = c.Build;
        return !c.Node.Attributes.ContainsKey("ignore_index") ? null
            : b.Not(b.Equal(b.Cast(c.X(1), ElementType.Int64), b.Constant(Tensor.Scalar(c.Node.Int("ignore_index", 0)))));
    }

    /// <summary>The labels, class 0 in place of an ignored one, which may lie outside the classes.</summary>
    private static Value Places(GradientContext c, Value? counts)
    {
        var b = c.Build;
        return counts is null ? c.X(1) : b.Where(counts, c.X(1), b.CastLike(b.Constant(Tensor.Scalar(0L)), c.X(1)));
    }

    /// <summary>The weight of each label's class, 0 for ignored labels; null where there are no class weights.</summary>
    private static Value? Weights(GradientContext c, Value? counts)
    {
        if (c.Node.Input(2) is not { } classes)
        {
            return null;
        }

        var weights = c.Build.Gather(classes, Places(c, counts));
        return counts is null ? weights : c.Build.Mul(weights, c.Build.Cast(counts, classes.Element));
    }

    /// <summary>dy over the weights, or the number, of the labels that count.</summary>
    private static Value Averaged(GradientContext c, Value? counts, Value? weights)
    {
        var b = c.Build;
        return b.Div(c.Dy, weights is not null ? b.ReduceSumAll(weights)
            : counts is not null ? b.ReduceSumAll(b.Cast(counts, c.Dy.Element))
            : c.X(1).Shape?.Count is { } known ? b.ConstantLike(c.Dy, known)
            : b.Cast(b.Size(c.X(1)), c.Dy.Element));
    }
}
