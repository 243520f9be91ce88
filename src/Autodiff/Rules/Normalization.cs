using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

internal static class Normalization
{
    private const string Microsoft = "com.microsoft";

    // (dy − Σ dy·y)·y
    public static IReadOnlyList<Value?> Softmax(GradientContext c) =>
        [c.Build.Op("SoftmaxGrad_13", [c.Dy, c.Y(0)], [("axis", c.Node.Int("axis", -1))], Microsoft)];

    // dy − e^y·Σ dy
    public static IReadOnlyList<Value?> LogSoftmax(GradientContext c) =>
        [c.Build.Op("LogSoftmaxGrad_13", [c.Dy, c.Y(0)], [("axis", c.Node.Int("axis", -1))], Microsoft)];

    // y = (x − mean)·inv·scale + bias, see the body of LayerNormalizationGrad
    public static IReadOnlyList<Value?> LayerNormalization(GradientContext c)
    {
        if (c.DyOrNull(1) is not null || c.DyOrNull(2) is not null)
        {
            throw new AutodiffException($"{c.Node.Describe()}: the loss depends on its outputs Mean or InvStdDev, for which there is no gradient. Compute them with ReduceMean instead.");
        }

        var node = c.Build.Ops("LayerNormalizationGrad", [c.Dy, c.X(0), c.X(1), c.Y(1), c.Y(2)], 3, [("axis", c.Node.Int("axis", -1))], Microsoft);
        return c.Node.Input(2) is null ? [node.Outputs[0], node.Outputs[1]] : node.Outputs;
    }

    // (e^log_prob − onehot(label))·weight·dy, 0 for ignored labels; reduction mean divides by what counted. The gradient operator is always
    // asked for reduction sum without weights, the one form that its body defines; the rest stands outside.
    public static IReadOnlyList<Value?> SoftmaxCrossEntropyLoss(GradientContext c)
    {
        if (c.DyOrNull(1) is not null)
        {
            throw new AutodiffException($"{c.Node.Describe()}: the loss depends on its output log_prob, for which there is no gradient. Use LogSoftmax instead.");
        }

        if (c.Needs(2))
        {
            throw new AutodiffException($"{c.Node.Describe()}: its class weights {c.X(2).Name} cannot be trained; freeze them.");
        }

        var b = c.Build;
        var (dy, labels, reduction) = (c.Dy, c.X(1), c.Node.Text("reduction", "mean"));
        List<(string, AttributeValue)> attributes = [("reduction", "sum")];
        Value? counts = null; // [N, d...]
        if (c.Node.Attributes.TryGetValue("ignore_index", out var ignored))
        {
            attributes.Add(("ignore_index", ignored)); // the operator of that name accepts no default of its own
            var index = b.Constant(Tensor.Scalar(c.Node.Int("ignore_index", 0)));
            counts = reduction == "mean" || c.Node.Input(2) is not null ? b.Not(b.Equal(b.Cast(labels, ElementType.Int64), index)) : null;
        }

        Value? weights = null; // [N, d...], 0 for ignored labels
        if (c.Node.Input(2) is { } classes)
        {
            weights = b.Gather(classes, counts is null ? labels : b.Where(counts, labels, b.CastLike(b.Constant(Tensor.Scalar(0L)), labels)));
            weights = counts is null ? weights : b.Mul(weights, b.Cast(counts, classes.Element));
        }

        if (reduction == "mean")
        {
            dy = b.Div(dy, weights is not null ? b.ReduceSumAll(weights)
                : counts is not null ? b.ReduceSumAll(b.Cast(counts, dy.Element))
                : labels.Shape?.Count is { } known ? b.ConstantLike(dy, known)
                : b.Cast(b.Size(labels), dy.Element));
        }

        Value Gradient(Value scale) => b.Op("SoftmaxCrossEntropyLossGrad", [scale, c.Y(1), labels], attributes.ToArray(), Microsoft);
        if (weights is null && reduction != "none")
        {
            return [Gradient(dy)];
        }

        var factor = weights is null ? dy : b.Mul(weights, dy); // [N, d...]
        return [b.Mul(Gradient(b.ConstantLike(dy, 1)), b.Unsqueeze(factor, 1))];
    }

    // y = mask·x/(1 − ratio) while training, x otherwise
    public static IReadOnlyList<Value?> Dropout(GradientContext c)
    {
        if (c.Node.Input(2) is not { } training || training.ConstantData is { } known && !known.As<bool>()[0])
        {
            return [c.Dy];
        }

        var ratio = c.Node.Input(1) ?? c.Build.Constant(0.5f);
        if (training.ConstantData is null)
        {
            ratio = c.Build.Where(training, ratio, c.Build.ConstantLike(ratio, 0)); // not training is a ratio of 0: the gradient's body looks at nothing else
        }

        return [c.Build.Op("DropoutGrad", [c.Dy, c.Y(1), ratio, training], domain: Microsoft)];
    }

    // ai.onnxpipeline::Dropout(x, ratio, seed, step) -> y, mask is always in training
    public static IReadOnlyList<Value?> CountedDropout(GradientContext c) =>
        [c.Build.Op("DropoutGrad", [c.Dy, c.Y(1), c.X(1), c.Build.Constant(Tensor.Scalar(true))], domain: Microsoft)];
}
