using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

public class GlobalNormTests
{
    [Test]
    public void SumOfSquares_AnyLength_MatchesDouble()
    {
        foreach (var length in Sweep.Lengths)
        {
            var x = Sweep.Normal(1, length);
            Assert.That(GlobalNorm.SumOfSquares(Sweep.Guard(x).Span), Is.EqualTo(x.Sum(a => (double)a * a)).Within(1e-10).Percent, $"length {length}");
        }
    }

    [Test]
    public void SumOfSquares_ChunkByChunk_SameBits()
    {
        var x = Sweep.Normal(2, (9 * GlobalNorm.ChunkLength) + 17);
        var sum = 0.0;
        for (var start = 0; start < x.Length; start += GlobalNorm.ChunkLength)
        {
            sum += GlobalNorm.SumOfSquares(x.AsSpan(start, Math.Min(GlobalNorm.ChunkLength, x.Length - start)));
        }

        Assert.That(BitConverter.DoubleToInt64Bits(GlobalNorm.SumOfSquares(x)), Is.EqualTo(BitConverter.DoubleToInt64Bits(sum)));
    }

    [Test]
    public void SumOfSquares_HugeAndTiny_NeitherOverflowsNorVanishes()
    {
        Assert.That(GlobalNorm.SumOfSquares([1e30f, 1e30f]), Is.EqualTo(2e60).Within(1e-4).Percent);
        Assert.That(GlobalNorm.SumOfSquares(Enumerable.Repeat(float.Epsilon, 100).ToArray()), Is.GreaterThan(0));
        Assert.That(GlobalNorm.SumOfSquares([1f, float.NaN]), Is.NaN);
    }
}
