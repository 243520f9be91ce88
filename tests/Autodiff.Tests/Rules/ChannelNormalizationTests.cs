using NUnit.Framework;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class ChannelNormalizationTests
{
    private static readonly int[][] Images = [[2, 3, 4], [1, 2, 5], [2, 2, 2, 3], [1, 3, 1, 4], [1, 2, 2, 2, 2]];

    internal static IEnumerable<GradientCase> Cases() => [.. Instances(), .. Groups(), .. Batches(), .. MeanVariances()];

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [Test]
    public void Rule_LossOfRunningStatistics_IsRefusedByName() => Assert.That(
        () => GradientCheck.Run(new GradientCase("BatchNormalization", X(3, 2), X2(2), X(2), Frozen(2), Variance(2)) { Outputs = 3, Used = [0, 1] }.With(("training_mode", 1)), Knowledge.Numbers),
        Throws.TypeOf<AutodiffException>().With.Message.Contains("BatchNormalization"));

    [Test]
    public void MeanVarianceNormalization_EqualNumbers_HaveNoGradient() =>
        Assert.That(Gradients.Of("MeanVarianceNormalization", [("axes", (long[])[1])], Exactly([3, 3, 3, 1, 2, 4], 2, 3))[0].Doubles[..3], Is.All.Zero);

    private static IEnumerable<GradientCase> Instances()
    {
        foreach (var dims in Images)
        {
            var channels = dims[1];
            yield return new("InstanceNormalization", X(dims), X2(channels), Positive(channels));
            yield return new GradientCase("InstanceNormalization", X(dims), X2(channels), Positive(channels)).With(("epsilon", 0.1f));
            yield return new("InstanceNormalization", X(dims), Frozen(channels), Frozen(channels));
            yield return new("InstanceNormalization", Frozen(dims), X(channels), X2(channels));
        }
    }

    private static IEnumerable<GradientCase> Groups()
    {
        foreach (var (dims, groups) in new (int[], int)[] { ([2, 4, 3], 1), ([2, 4, 3], 2), ([2, 4, 3], 4), ([1, 6, 2, 2], 3), ([2, 2, 3, 2], 1), ([1, 4, 2, 1, 2], 2), ([3, 4], 2) })
        {
            foreach (var opset in new[] { 18, 21 })
            {
                var parts = opset == 18 ? groups : dims[1];
                GradientCase Case(Given x, Given scale, Given bias) => new GradientCase("GroupNormalization", x, scale, bias) { Opset = opset }.With(("num_groups", groups));

                yield return Case(X(dims), X2(parts), Positive(parts));
                yield return Case(X(dims), X2(parts), Positive(parts)).With(("epsilon", 0.1f));
                yield return Case(X(dims), Frozen(parts), Frozen(parts));
                yield return Case(Frozen(dims), X(parts), X2(parts));
            }
        }
    }

    private static IEnumerable<GradientCase> Batches()
    {
        foreach (var dims in (int[][])[[4, 3], .. Images])
        {
            var channels = dims[1];
            GradientCase Stored(Given x, Given scale, Given bias, Given mean, Given variance) => new("BatchNormalization", x, scale, bias, mean, variance);

            yield return Stored(X(dims), X2(channels), Positive(channels), Frozen(channels), Variance(channels));
            yield return Stored(X(dims), X2(channels), X(channels), X2(channels), Positive(channels));
            yield return Stored(X(dims), X2(channels), X(channels), Frozen(channels), Positive(channels)).With(("epsilon", 0.1f), ("momentum", 0.7f), ("training_mode", 0));
            yield return Stored(X(dims), Frozen(channels), Frozen(channels), Frozen(channels), Variance(channels));
            yield return Stored(Frozen(dims), X(channels), X2(channels), Frozen(channels), Variance(channels));

            foreach (var (domain, op, outputs) in new[] { ("", "BatchNormalization", 3), ("com.microsoft", "BatchNormInternal", 5) })
            {
                GradientCase Case(Given x, Given scale, Given bias)
                {
                    var given = new GradientCase(op, x, scale, bias, Frozen(channels), Variance(channels)) { Domain = domain, Outputs = outputs };
                    return domain.Length == 0 ? given.With(("training_mode", 1)) : given;
                }

                yield return Case(X(dims), X2(channels), Positive(channels));
                yield return Case(X(dims), X2(channels), Positive(channels)).With(("epsilon", 0.1f), ("momentum", 0.6f));
                yield return Case(X(dims), Frozen(channels), Frozen(channels));
                yield return Case(Frozen(dims), X(channels), X2(channels));
            }
        }
    }

    private static IEnumerable<GradientCase> MeanVariances()
    {
        yield return new("MeanVarianceNormalization", X(2, 3, 2, 2));
        foreach (var (dims, axes) in new (int[], long[])[] { ([2, 3, 2, 2], [0, 1, 2, 3]), ([2, 3, 2, 2], [2, 3]), ([3, 4], [1]), ([3, 4], [0]), ([2, 3, 4], [0, -1]), ([5], [0]) })
        {
            yield return new GradientCase("MeanVarianceNormalization", X(dims)).With(("axes", axes));
        }
    }

    /// <summary>Positive numbers that are fed and not trained.</summary>
    private static Given Variance(int channels) => Positive(channels) with { Trained = false };
}
