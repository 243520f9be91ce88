using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
public sealed class DataOrderTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(5)]
    [TestCase(64)]
    [TestCase(1000)]
    public void Order_AnyCount_IsAPermutation(long count)
    {
        var order = new DataOrder(3, 1, count);

        Assert.That(Enumerable.Range(0, (int)count).Select(i => order[i]).Order(), Is.EqualTo(Enumerable.Range(0, (int)count).Select(i => (long)i)));
    }

    [Test]
    public void Order_OtherSeedOrEpoch_IsAnotherOrderWithoutPattern()
    {
        long[][] orders = [All(new(1, 0, 10_000)), All(new(1, 1, 10_000)), All(new(2, 0, 10_000))];

        Assert.That(All(new(1, 0, 10_000)), Is.EqualTo(orders[0]));
        foreach (var (a, b) in new[] { (0, 1), (0, 2), (1, 2) })
        {
            Assert.That(orders[a].Zip(orders[b]).Count(p => p.First == p.Second), Is.LessThan(12), "about one position in 10,000 agrees by chance");
        }

        var meanStep = orders[0].Zip(orders[0].Skip(1)).Average(p => Math.Abs(p.First - p.Second));
        Assert.That(meanStep, Is.EqualTo(10_000 / 3.0).Within(150), "neighbours are as far apart as random numbers");
    }

    private static long[] All(DataOrder order) => [.. Enumerable.Range(0, (int)order.Count).Select(i => order[i])];
}
