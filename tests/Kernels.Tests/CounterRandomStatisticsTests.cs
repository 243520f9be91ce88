using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

/// <summary>The numbers look random where dropout would show it: within a mask, between steps, between the seeds of neighbouring nodes. Everything is
/// deterministic, so the bounds (about 4.5 standard deviations) either hold for good or do not.</summary>
public class CounterRandomStatisticsTests
{
    private const int Count = 1 << 19;
    private const double P = CounterRandom.Modulus;

    [TestCase(0.1f)]
    [TestCase(0.5f)]
    [TestCase(0.9f)]
    public void KeepRate_ManyCalls_IsOneMinusRatio(float ratio)
    {
        var bound = 4.5 * Math.Sqrt(Count * ratio * (1 - ratio));
        var threshold = Dropout.Threshold(ratio);
        for (var call = 0; call < 4; call++)
        {
            var kept = Numbers(call, call * 10).Count(n => n >= threshold);
            Assert.That(kept, Is.EqualTo(Count * (1.0 - ratio)).Within(bound), $"call {call}");
        }
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(16)]
    [TestCase(768)]
    [TestCase(65536)]
    public void Neighbours_AtALag_AreUncorrelatedAndPairsUniform(int lag)
    {
        var numbers = Numbers(5, 6);
        AssertIndependent(numbers.AsSpan(0, Count - lag), numbers.AsSpan(lag), $"lag {lag}");
    }

    [TestCase(0, 0, 0, 1)]
    [TestCase(0, 0, 1, 0)]
    [TestCase(7, 100, 7, 101)]
    [TestCase(7, 100, 8, 100)]
    [TestCase(7, 100, 8, 99)]
    public void Streams_OfNeighbouringSeedsOrSteps_AreUncorrelated(int seed, int step, int otherSeed, int otherStep) =>
        AssertIndependent(Numbers(seed, step), Numbers(otherSeed, otherStep), $"({seed}, {step}) against ({otherSeed}, {otherStep})");

    [Test]
    public void Position_OverSteps_IsUncorrelatedAndUniform()
    {
        // One element followed through training, and against the next step.
        var numbers = Enumerable.Range(0, 1 << 17).Select(step => (uint)CounterRandom.Value(3, step, 1234)).ToArray();
        AssertIndependent(numbers.AsSpan(0, numbers.Length - 1), numbers.AsSpan(1), "steps");
    }

    [TestCase(0.1)]
    [TestCase(0.5)]
    public void Mask_FiveNeighbours_HaveEveryPatternAsOftenAsIndependentOnes(double ratio)
    {
        var counts = new double[32];
        var numbers = Numbers(9, 9);
        for (var i = 0; i + 5 <= numbers.Length; i += 5)
        {
            var pattern = 0;
            for (var j = 0; j < 5; j++)
            {
                pattern = (2 * pattern) + (numbers[i + j] < ratio * P ? 1 : 0);
            }

            counts[pattern]++;
        }

        var total = counts.Sum();
        var chi = counts.Select((n, pattern) =>
        {
            var dropped = System.Numerics.BitOperations.PopCount((uint)pattern);
            var expected = total * Math.Pow(ratio, dropped) * Math.Pow(1 - ratio, 5 - dropped);
            return (n - expected) * (n - expected) / expected;
        }).Sum();
        AssertChiSquare(chi, 31, "patterns");
    }

    private static uint[] Numbers(long seed, long step)
    {
        var numbers = new uint[Count];
        CounterRandom.Fill(new CounterRandom.Keys(seed, step), 0, numbers);
        return numbers;
    }

    private static void AssertIndependent(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b, string what)
    {
        var correlation = 0.0;
        var pairs = new double[256];
        for (var i = 0; i < a.Length; i++)
        {
            correlation += ((a[i] / P) - 0.5) * ((b[i] / P) - 0.5);
            pairs[((int)(a[i] >> 27) * 16) + (int)(b[i] >> 27)]++;
        }

        Assert.That(correlation * 12 / a.Length, Is.EqualTo(0).Within(4.5 / Math.Sqrt(a.Length)), $"{what}: correlation");
        var expected = a.Length / 256.0;
        AssertChiSquare(pairs.Sum(n => (n - expected) * (n - expected) / expected), 255, $"{what}: pairs");
    }

    private static void AssertChiSquare(double chi, int degrees, string what) =>
        Assert.That(chi, Is.EqualTo(degrees).Within(4.5 * Math.Sqrt(2 * degrees)), what);
}
