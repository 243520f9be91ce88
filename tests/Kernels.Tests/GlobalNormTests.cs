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
    public void SumOfSquares_AnyThreads_SameBits()
    {
        var x = Sweep.Normal(2, (9 * GlobalNorm.ChunkLength) + 17);
        var one = GlobalNorm.SumOfSquares(x);
        foreach (var threads in new[] { 1, 2, 3, 8 })
        {
            Assert.That(BitConverter.DoubleToInt64Bits(GlobalNorm.SumOfSquares(x, threads)), Is.EqualTo(BitConverter.DoubleToInt64Bits(one)));
        }
    }

    [Test]
    public void SumOfSquares_HugeAndTiny_NeitherOverflowsNorVanishes()
    {
        Assert.That(GlobalNorm.SumOfSquares([1e30f, 1e30f]), Is.EqualTo(2e60).Within(1e-4).Percent);
        Assert.That(GlobalNorm.SumOfSquares(Enumerable.Repeat(float.Epsilon, 100).ToArray()), Is.GreaterThan(0));
        Assert.That(GlobalNorm.SumOfSquares([1f, float.NaN]), Is.NaN);
    }

    [TestCase(3.0, 1f)]
    [TestCase(25.0, 0.4f)]
    [TestCase(0.0, 1f)]
    [TestCase(double.PositiveInfinity, 0f)]
    [TestCase(double.NaN, float.NaN)]
    public void ClipFactor_SumOfSquares_IsAtMostOne(double sum, float factor) =>
        Assert.That(GlobalNorm.ClipFactor(sum, 2.0), Is.EqualTo(factor).Within(1e-6f));
}
