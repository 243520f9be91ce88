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

    // y = x·inv·scale, see the body of SimplifiedLayerNormalizationGrad. Where more than the last axis is normalized, ONNX Runtime gives inv another
    // shape than it says.
    public static IReadOnlyList<Value?> SimplifiedLayerNormalization(GradientContext c)
    {
        if (c.DyOrNull(1) is not null)
        {
            throw new AutodiffException($"{c.Node.Describe()}: the loss depends on its output inv_std_var, for which there is no gradient. Compute it with ReduceMean instead.");
        }

        var axis = c.Node.Int("axis", -1);
        return axis == -1 || c.X(0).Shape?.Rank == axis + 1
            ? c.Build.Ops("SimplifiedLayerNormalizationGrad", [c.Dy, c.X(0), c.X(1), c.Y(1)], 2, [("axis", -1)], Microsoft).Outputs
            : RMSNormalization(c);
    }

    // u = x·i with i = 1/√(mean x² + ε) over the axes from axis on, y = u·scale: dx = (du − u·mean(du·u))·i; in float32 for narrower types
    public static IReadOnlyList<Value?> RMSNormalization(GradientContext c)
    {
        var (b, from) = (c.Build, c.Node.Int("axis", -1));
        long[] axes = from < 0 ? [.. Enumerable.Range((int)from, (int)-from)] : [.. Enumerable.Range((int)from, Windows.Known(c, c.X(0)).Rank - (int)from)];
        var (x, dy) = (c.Wide(c.X(0)), c.Wide(c.Dy));
        var inverse = b.Reciprocal(b.Sqrt(b.Add(b.ReduceMean(b.Mul(x, x), axes), b.ConstantLike(x, c.Node.Float("epsilon", 1e-5f)))));
        var unit = b.Mul(x, inverse);
        var du = b.Mul(dy, c.Wide(c.X(1)));
        return
        [
            c.Needs(0) ? c.Narrow(b.Mul(b.Sub(du, b.Mul(unit, b.ReduceMean(b.Mul(du, unit), axes))), inverse), c.X(0)) : null,
            c.Needs(1) ? c.Narrow(b.Mul(dy, unit), c.X(1)) : null,
        ];
    }

    // y = x/n with n = Σ|x| or √Σx²: (dy − s·Σ dy·y)/n with s = sign x or y; 0 where n is
    public static IReadOnlyList<Value?> LpNormalization(GradientContext c)
    {
        var (b, x, y, axis) = (c.Build, c.X(0), c.Y(0), c.Node.Int("axis", -1));
        var absolute = c.Node.Int("p", 2) == 1;
        var norm = b.Op(absolute ? "ReduceL1" : "ReduceL2", [x, b.Constant(axis)], [("keepdims", 1)]);
        var inverse = b.Where(b.Equal(norm, b.ConstantLike(x, 0)), b.ConstantLike(x, 0), b.Reciprocal(norm));
        var along = b.Mul(absolute ? b.Sign(x) : y, b.ReduceSum(b.Mul(c.Dy, y), [axis]));
        return [b.Mul(b.Sub(c.Dy, along), inverse)];
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
