using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

/// <summary>Lengths, data and comparisons shared by the tests.</summary>
internal static class Sweep
{
    /// <summary>Every combination of whole vectors and tail in each lane, and one that is large.</summary>
    public static IEnumerable<int> Lengths => Enumerable.Range(0, 258).Append(10_007);

    public static float[] Normal(int seed, int length, float deviation = 1f, float mean = 0f)
    {
        var random = new Random(seed);
        var values = new float[length];
        for (var i = 0; i < length; i++)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = (float)(mean + (deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble())));
        }

        return values;
    }

    public static Guarded<float> Guard(ReadOnlySpan<float> values) => new(values, 12345.678f);

    /// <summary>|actual - expected| ≤ relative·max(|expected|, magnitude), NaN and infinities alike.</summary>
    public static void AssertNear(ReadOnlySpan<float> actual, ReadOnlySpan<double> expected, double relative, double magnitude, string what)
    {
        Assert.That(actual.Length, Is.EqualTo(expected.Length), what);
        for (var i = 0; i < actual.Length; i++)
        {
            var same = actual[i].Equals((float)expected[i]);
            if (!same && !(Math.Abs(actual[i] - expected[i]) <= relative * Math.Max(Math.Abs(expected[i]), magnitude)))
            {
                Assert.Fail($"{what}, length {actual.Length}, element {i}: {actual[i]:R} instead of {expected[i]:R}");
            }
        }
    }

    public static void AssertSameBits(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, string what)
    {
        Assert.That(actual.Length, Is.EqualTo(expected.Length), what);
        for (var i = 0; i < actual.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(actual[i]) != BitConverter.SingleToInt32Bits(expected[i]))
            {
                Assert.Fail($"{what}, length {actual.Length}, element {i}: {actual[i]:R} instead of {expected[i]:R}");
            }
        }
    }
}
