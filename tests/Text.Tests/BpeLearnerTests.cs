using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
public sealed class BpeLearnerTests
{
    [Test]
    public void Learn_MorePairsThanAreHeld_MergesTheMostFrequentHalf()
    {
        // h g twice, f e three times, d c four times, b a five times.
        (int[] Word, long Count)[] words = [([7, 6], 2), ([5, 4], 3), ([3, 2], 4), ([1, 0], 5)];
        string[] Merges(int pairs)
        {
            var learner = new BpeLearner("abcdefgh".Select(c => c.ToString()), words.Length, 8, new TrainingLimits { Pairs = pairs });
            Array.ForEach(words, word => learner.Add(word.Word, word.Count));
            learner.Learn(100, 1, _ => { }, default);
            return [.. learner.Merges.Select(merge => merge.Left + merge.Right)];
        }

        Assert.That(Merges(4), Is.EqualTo(new[] { "ba", "dc", "fe", "hg" }));
        Assert.That(Merges(3), Is.EqualTo(new[] { "ba" }));
    }

    [Test]
    public void Learn_PairsCountedInPartsAndListedAnew_MergesTheSame()
    {
        var random = new Random(2);
        var words = Enumerable.Range(0, 2000).Select(_ => Enumerable.Range(0, random.Next(2, 12)).Select(_ => (int)(40 * random.NextDouble() * random.NextDouble())).ToArray()).ToArray();
        IReadOnlyList<(string, string)> Merges(TrainingLimits limits)
        {
            var learner = new BpeLearner(Enumerable.Range(0, 40).Select(i => ((char)('A' + i)).ToString()), words.Length, words.Sum(word => word.Length), limits);
            for (var i = 0; i < words.Length; i++)
            {
                learner.Add(words[i], 1 + (i % 5));
            }

            learner.Learn(200, 40, _ => { }, default);
            return learner.Merges;
        }

        var merges = Merges(TrainingLimits.Default);
        Assert.That(merges, Has.Count.GreaterThan(80));
        Assert.That(Merges(TrainingLimits.Default with { PairWords = 0 }), Is.EqualTo(merges), "lists made anew after every merge");
        Assert.That(Merges(TrainingLimits.Default with { Pairs = 400 }), Is.EqualTo(merges), "40 times 40 pairs in five parts, of which fewer than 400 are frequent enough");
    }
}
