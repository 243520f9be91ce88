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
