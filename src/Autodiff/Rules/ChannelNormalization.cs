using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>Normalizations of [N, C, spatial...] with a scale and a bias per channel. u is x moved to mean 0 and scaled to variance 1.</summary>
internal static class ChannelNormalization
{
    private const string Microsoft = "com.microsoft";

    // y = scale·u + bias over the spatial axes
    public static IReadOnlyList<Value?> InstanceNormalization(GradientContext c) => EachPart(c, Channels.Of(c, c.X(0)));

    // The same over [N, groups, rest]; up to opset 20 scale and bias are one number per group, like everything else
    public static IReadOnlyList<Value?> GroupNormalizationByGroup(GradientContext c) => EachPart(c, Channels.Grouped(c, c.Node.Int("num_groups", 1)));

    // Statistics over [N, groups, rest], scale and bias per channel
    public static IReadOnlyList<Value?> GroupNormalization(GradientContext c)
    {
        var (b, x) = (c.Build, c.X(0));
        var (channels, groups) = (Channels.Of(c, x), Channels.Grouped(c, c.Node.Int("num_groups", 1)));
        var dy = channels.Open(c.Dy);
        var (unit, inverse) = Standardized(c, groups.Open(x), groups.Spatial);
        return
        [
            c.Needs(0) ? groups.Close(Spread(c, groups.Open(b.Mul(dy, channels.Lift(c.X(1)))), unit, inverse, groups.Spatial), x) : null,
            c.Needs(1) ? c.Narrow(channels.Sum(b.Mul(dy, channels.Open(c.ReshapeLike(unit, x)))), c.X(1)) : null,
            c.Needs(2) ? c.Narrow(channels.Sum(dy), c.X(2)) : null,
        ];
    }

    // Stored statistics: y = scale·(x − mean)·i + bias with i = 1/√(var + ε), so that dx = dy·scale·i, d mean = −d bias·scale·i, d var = −d scale·scale·i²/2.
    // In training mode the statistics are those of the batch, and the stored ones have no gradient.
    public static IReadOnlyList<Value?> BatchNormalization(GradientContext c)
    {
        var (b, channels) = (c.Build, Channels.Of(c, c.X(0)));
        if (c.Node.Int("training_mode", 0) != 0)
        {
            var x = channels.Open(c.X(0));
            var mean = b.ReduceMean(x, channels.Others, keepDims: false); // [C]
            var centered = b.Sub(x, channels.Lift(mean));
            var deviation = Inverse(c, b.ReduceMean(b.Mul(centered, centered), channels.Others, keepDims: false)); // [C]
            return OfBatch(c, c.Narrow(mean, c.X(3)), c.Narrow(deviation, c.X(4)));
        }

        var dy = channels.Open(c.Dy);
        var inverse = Inverse(c, c.Wide(c.X(4))); // [C]
        var slope = b.Mul(c.Wide(c.X(1)), inverse);
        var dBias = c.Needs(2) || c.Needs(3) ? channels.Sum(dy) : null;
        var dScale = c.Needs(1) || c.Needs(4)
            ? b.Mul(channels.Sum(b.Mul(dy, b.Sub(channels.Open(c.X(0)), channels.Lift(c.X(3))))), inverse)
            : null;
        return
        [
            c.Needs(0) ? channels.Close(b.Mul(dy, channels.Lift(slope)), c.X(0)) : null,
            c.Needs(1) ? c.Narrow(dScale!, c.X(1)) : null,
            c.Needs(2) ? c.Narrow(dBias!, c.X(2)) : null,
            c.Needs(3) ? c.Narrow(b.Neg(b.Mul(dBias!, slope)), c.X(3)) : null,
            c.Needs(4) ? c.Narrow(c.Scaled(b.Mul(dScale!, b.Mul(slope, inverse)), -0.5), c.X(4)) : null,
        ];
    }

    // BatchNormalization in training mode that gives its statistics too
    public static IReadOnlyList<Value?> BatchNormInternal(GradientContext c) => OfBatch(c, c.Y(3), c.Y(4));

    // y = (x − mean)/(σ + 1e-9): (dy − mean(dy) − (x − mean)/σ·mean(dy·y))/(σ + 1e-9), 0 in place of 1/σ where σ is 0
    public static IReadOnlyList<Value?> MeanVarianceNormalization(GradientContext c)
    {
        var (b, x, y) = (c.Build, c.X(0), c.Y(0));
        long[] axes = [.. c.Node.Ints("axes") ?? [0, 2, 3]];
        var centered = b.Sub(x, b.ReduceMean(x, axes));
        var deviation = b.Sqrt(b.ReduceMean(b.Mul(centered, centered), axes));
        var inverse = b.Where(b.Equal(deviation, b.ConstantLike(x, 0)), b.ConstantLike(x, 0), b.Reciprocal(deviation));
        var along = b.Mul(b.Mul(centered, inverse), b.ReduceMean(b.Mul(c.Dy, y), axes));
        return [b.Div(b.Sub(b.Sub(c.Dy, b.ReduceMean(c.Dy, axes)), along), b.Add(deviation, b.ConstantLike(x, 1e-9)))];
    }

    /// <summary>Statistics, scale and bias of the same parts.</summary>
    private static IReadOnlyList<Value?> EachPart(GradientContext c, Channels parts)
    {
        var dy = parts.Open(c.Dy);
        var (unit, inverse) = Standardized(c, parts.Open(c.X(0)), parts.Spatial);
        return
        [
            c.Needs(0) ? parts.Close(Spread(c, c.Build.Mul(dy, parts.Lift(c.X(1))), unit, inverse, parts.Spatial), c.X(0)) : null,
            c.Needs(1) ? c.Narrow(parts.Sum(c.Build.Mul(dy, unit)), c.X(1)) : null,
            c.Needs(2) ? c.Narrow(parts.Sum(dy), c.X(2)) : null,
        ];
    }

    /// <summary>By the statistics of the batch [C].</summary>
    private static IReadOnlyList<Value?> OfBatch(GradientContext c, Value mean, Value inverse)
    {
        if (Enumerable.Range(1, 4).Any(output => c.DyOrNull(output) is not null))
        {
            throw new AutodiffException($"{c.Node.Describe()}: the loss depends on its statistics, for which there is no gradient. Compute them with ReduceMean instead.");
        }

        return c.Build.Ops("BatchNormalizationGrad", [c.Dy, c.X(0), c.X(1), mean, inverse], 3, [("epsilon", c.Node.Float("epsilon", 1e-5f))], Microsoft).Outputs;
    }

    /// <summary>u, and 1/√(variance + ε), over <paramref name="axes"/>.</summary>
    private static (Value Unit, Value Inverse) Standardized(GradientContext c, Value x, long[] axes)
    {
        var b = c.Build;
        var centered = b.Sub(x, b.ReduceMean(x, axes));
        var inverse = Inverse(c, b.ReduceMean(b.Mul(centered, centered), axes));
        return (b.Mul(centered, inverse), inverse);
    }

    /// <summary>The gradient of x from that of u: (du − mean(du) − u·mean(du·u))/√(variance + ε).</summary>
    private static Value Spread(GradientContext c, Value du, Value unit, Value inverse, long[] axes)
    {
        var b = c.Build;
        var along = b.Mul(unit, b.ReduceMean(b.Mul(du, unit), axes));
        return b.Mul(b.Sub(b.Sub(du, b.ReduceMean(du, axes)), along), inverse);
    }

    private static Value Inverse(GradientContext c, Value variance) =>
        c.Build.Reciprocal(c.Build.Sqrt(c.Build.Add(variance, c.Build.ConstantLike(variance, c.Node.Float("epsilon", 1e-5f)))));
}
