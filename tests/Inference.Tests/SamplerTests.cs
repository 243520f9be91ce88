using NUnit.Framework;

namespace OnnxPipeline.Inference.Tests;

[TestFixture]
public sealed class SamplerTests
{
    private static readonly float[] Logits = [1, 3, 2, -1, 3];

    [Test]
    public void Next_TemperatureZero_IsTheGreatestAndOfEqualOnesTheFirst()
    {
        Assert.That(new Sampler(new Sampling { TopK = 3, MinP = 0.9 }, 0).Next(Logits, []), Is.EqualTo(1));
    }

    [Test]
    public void Next_ManyDraws_FollowTheSoftmaxOfTheTemperature()
    {
        var weights = Logits.Select(logit => Math.Exp(logit / 0.7)).ToArray();
        var counts = Counts(new Sampling { Temperature = 0.7 }, 20_000);
        for (var id = 0; id < Logits.Length; id++)
        {
            Assert.That(counts[id] / 20_000.0, Is.EqualTo(weights[id] / weights.Sum()).Within(0.012), $"id {id}");
        }
    }

    [Test]
    public void Next_TopK_LeavesTheMostProbable()
    {
        Assert.That(Drawn(new Sampling { Temperature = 10, TopK = 3 }), Is.EqualTo(new[] { 1, 2, 4 }));
        Assert.That(Drawn(new Sampling { Temperature = 10, TopK = 1 }), Is.EqualTo(new[] { 1 }));
    }

    [TestCase(0.0, "1")]
    [TestCase(0.39, "1")]
    [TestCase(0.4, "1 4")]
    [TestCase(0.9, "1 2 4")]
    [TestCase(1.0, "0 1 2 3 4")]
    public void Next_TopP_LeavesTheSmallestSetWithThatProbability(double share, string ids)
    {
        // The softmax of the logits is 0.054, 0.397, 0.146, 0.007, 0.397.
        Assert.That(string.Join(' ', Drawn(new Sampling { Temperature = 1, TopP = share })), Is.EqualTo(ids));
    }

    [Test]
    public void Next_MinP_LeavesWhatHasThatShareOfTheBest()
    {
        Assert.That(Drawn(new Sampling { Temperature = 1, MinP = 0.3 }), Is.EqualTo(new[] { 1, 2, 4 }), "exp(2 − 3) = 0.37, exp(1 − 3) = 0.14");
    }

    [Test]
    public void Next_RepetitionPenalty_DividesPositiveLogitsAndMultipliesNegativeOnes()
    {
        var sampler = new Sampler(new Sampling { RepetitionPenalty = 2 }, 0);
        Assert.That(sampler.Next([1, 3, 2, -1], [1, 1]), Is.EqualTo(2), "3 / 2 is below 2, and a repeated token counts once");
        Assert.That(sampler.Next([-1, -1.5f], [0]), Is.EqualTo(1), "−1 · 2 is below −1.5");
    }

    [Test]
    public void Next_TheSameSeedAndStream_GivesTheSameTokens()
    {
        var settings = new Sampling { Temperature = 1, Seed = 7 };
        Assert.That(Sequence(settings, 0), Is.EqualTo(Sequence(settings, 0)));
        Assert.That(Sequence(settings, 0), Is.Not.EqualTo(Sequence(settings, 1)));
        Assert.That(Sequence(settings, 0), Is.Not.EqualTo(Sequence(settings with { Seed = 8 }, 0)));
        Assert.That(string.Concat(Sequence(settings, 0).Take(12)), Is.EqualTo(FirstTwelve), "on every machine and in every version");
    }

    private const string FirstTwelve = "414124414214";

    private static int[] Sequence(Sampling settings, long stream)
    {
        var sampler = new Sampler(settings, stream);
        return [.. Enumerable.Range(0, 50).Select(_ => sampler.Next(Logits, []))];
    }

    private static int[] Drawn(Sampling settings) => [.. Counts(settings, 3_000).Index().Where(count => count.Item > 0).Select(count => count.Index)];

    private static int[] Counts(Sampling settings, int draws)
    {
        var (sampler, counts) = (new Sampler(settings, 0), new int[Logits.Length]);
        for (var i = 0; i < draws; i++)
        {
            counts[sampler.Next(Logits, [])]++;
        }

        return counts;
    }
}
