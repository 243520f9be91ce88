namespace OnnxPipeline.Reference.Ops;

/// <summary>Normalizations of [N, C, spatial...].</summary>
internal static class ChannelNormalizations
{
    // Every channel of every example: scale·(x − mean)/√(variance + ε) + bias
    public static IReadOnlyList<Array64?> InstanceNormalization(Call c)
    {
        var channel = Channel(c[0]);
        return [Scaled(c, Moments.Of(c[0].Doubles, at => (Example(c[0], at) * c[0].Dims[1]) + channel(at)), channel)];
    }

    // Every group of channels of every example; scale and bias per channel, or (up to opset 20) per group
    public static IReadOnlyList<Array64?> GroupNormalization(Call c)
    {
        var (channel, groups) = (Channel(c[0]), (int)c.Int("num_groups", 1));
        var each = c[0].Dims[1] / groups;
        return [Scaled(c, Moments.Of(c[0].Doubles, at => (Example(c[0], at) * groups) + (channel(at) / each)), at => c[1].Count == groups ? channel(at) / each : channel(at))];
    }

    // x/(bias + alpha/size·Σ x² over size channels around)^beta
    public static IReadOnlyList<Array64?> LRN(Call c)
    {
        var (x, size) = (c[0], (int)c.Int("size", 1));
        var stride = Index.Strides(x.Dims)[1];
        var channel = Channel(x);
        double Around(int at) => Enumerable.Range(-((size - 1) / 2), size).Where(o => channel(at) + o >= 0 && channel(at) + o < x.Dims[1]).Sum(o => x.Doubles[at + (o * stride)] * x.Doubles[at + (o * stride)]);
        return [new(x.Doubles.Select((v, at) => v / Math.Pow(c.Float("bias", 1) + (c.Float("alpha", 1e-4f) / size * Around(at)), c.Float("beta", 0.75f))).ToArray(), x.Dims)];
    }

    // Every channel by its stored statistics; in training mode by those of the batch, and then also stored·momentum + batch·(1 − momentum)
    public static IReadOnlyList<Array64?> BatchNormalization(Call c)
    {
        var channel = Channel(c[0]);
        if (c.Int("training_mode", 0) == 0)
        {
            return [Scaled(c, new(channel, c[3].Doubles, c[4].Doubles), channel)];
        }

        var (batch, momentum) = (Moments.Of(c[0].Doubles, channel), c.Float("momentum", 0.9f));
        Array64 Running(Array64 stored, double[] found) => new(stored.Doubles.Zip(found, (a, b) => (a * momentum) + (b * (1 - momentum))).ToArray(), stored.Dims);
        return [Scaled(c, batch, channel), Running(c[3], batch.Means), Running(c[4], batch.Variances)];
    }

    // All that differs only in the axes: (x − mean)/(√variance + 1e-9)
    public static IReadOnlyList<Array64?> MeanVarianceNormalization(Call c)
    {
        var x = c[0];
        var axes = (c.Ints("axes") ?? [0, 2, 3]).Select(a => Index.Axis(a, x.Rank)).ToHashSet();
        var kept = Index.Strides([.. x.Dims.Select((d, i) => axes.Contains(i) ? 1 : d)]);
        var parts = Index.All(x.Dims).Select(index => index.Select((at, i) => axes.Contains(i) ? 0 : at * kept[i]).Sum()).ToArray();
        var moments = Moments.Of(x.Doubles, at => parts[at]);
        return [new(x.Doubles.Select((v, at) => (v - moments.Means[parts[at]]) / (Math.Sqrt(moments.Variances[parts[at]]) + 1e-9)).ToArray(), x.Dims)];
    }

    private static int Example(Array64 x, int at) => at / (x.Count / x.Dims[0]);

    private static Func<int, int> Channel(Array64 x)
    {
        var (channels, image) = (x.Dims[1], Index.Count(x.Dims.AsSpan(2)));
        return at => at / image % channels;
    }

    /// <param name="factor">Element of x → element of scale and bias.</param>
    private static Array64 Scaled(Call c, Moments moments, Func<int, int> factor)
    {
        var (scale, bias, epsilon) = (c[1].Doubles, c[2].Doubles, c.Float("epsilon", 1e-5f));
        return new(c[0].Doubles.Select((v, at) =>
        {
            var part = moments.Part(at);
            return (scale[factor(at)] * (v - moments.Means[part]) / Math.Sqrt(moments.Variances[part] + epsilon)) + bias[factor(at)];
        }).ToArray(), c[0].Dims);
    }

    /// <param name="Part">Element → part; parts are numbered from 0.</param>
    private sealed record Moments(Func<int, int> Part, double[] Means, double[] Variances)
    {
        public static Moments Of(double[] x, Func<int, int> part)
        {
            var parts = Enumerable.Range(0, x.Length).GroupBy(part, at => x[at]).OrderBy(p => p.Key).ToArray();
            var means = Array.ConvertAll(parts, p => p.Average());
            return new(part, means, [.. parts.Select((p, i) => p.Average(v => (v - means[i]) * (v - means[i])))]);
        }
    }
}
