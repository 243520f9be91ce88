using System.Numerics;
using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

public class CounterRandomTests
{
    private const long P = CounterRandom.Modulus;

    [Test]
    public void Fill_AnyLengthAndStart_MatchesValue()
    {
        foreach (var start in new[] { 0L, 1, 511, P - 100, P, 5_000_000_000 })
        {
            foreach (var length in Sweep.Lengths.Where(l => l < 300))
            {
                var numbers = new Guarded<uint>(new uint[length], 77u);

                CounterRandom.Fill(new CounterRandom.Keys(42, 7), start, numbers.Span);

                for (var i = 0; i < length; i += 1 + (length / 40))
                {
                    Assert.That(numbers.Span[i], Is.EqualTo(CounterRandom.Value(42, 7, start + i)), $"start {start}, element {i}");
                }

                numbers.AssertIntact();
            }
        }
    }

    [Test]
    public void Fill_ManyKeys_AgreesAtEveryElement()
    {
        // Some of these states reach the rare ends of the reduction.
        var numbers = new uint[4096];
        for (var seed = 0; seed < 40; seed++)
        {
            CounterRandom.Fill(new CounterRandom.Keys(seed, 3), 0, numbers);
            var wrong = Enumerable.Range(0, 4096).Count(i => numbers[i] != CounterRandom.Value(seed, 3, i));
            Assert.That(wrong, Is.Zero, $"seed {seed}");
        }
    }

    [TestCase(0, 0, 0L)]
    [TestCase(-5, 3, 12L)]
    [TestCase(int.MaxValue, int.MaxValue, 2147483646L)]
    [TestCase(123456789, 987654, 4294967296L)]
    public void Value_Definition_MatchesItWithoutBoundsOnIntegers(long seed, long step, long index)
    {
        BigInteger[] a = [1403630843, 630360016, 742938285];
        BigInteger[] b = [950706376, 1226874159, 62089911];
        var k = Enumerable.Range(0, 3).Select(j => Round(Mod(Round(Mod(seed), a[j], b[j]) + Mod(step)), b[j], a[j])).ToArray();

        Assert.That((BigInteger)CounterRandom.Value(seed, step, index), Is.EqualTo(Round(Mod(index + k[0]), k[1], k[2])));

        static BigInteger Mod(BigInteger x) => ((x % P) + P) % P;

        static BigInteger Round(BigInteger x, BigInteger a, BigInteger b)
        {
            var u = Mod((x * x) + a);
            Assert.That((x * x) + a, Is.LessThan((BigInteger)long.MaxValue));
            Assert.That((u * (x + (u / 65536))) + b, Is.LessThan((BigInteger)long.MaxValue));
            return Mod((u * (x + (u / 65536))) + b);
        }
    }

    [Test]
    public void Value_KnownAnswers_NeverChange() => Assert.That(
        new[] { CounterRandom.Value(0, 0, 0), CounterRandom.Value(0, 0, 1), CounterRandom.Value(1, 0, 0), CounterRandom.Value(0, 1, 0), CounterRandom.Value(42, 1000, 123456) },
        Is.EqualTo(new long[] { 2086419298, 1019106265, 844187997, 151456321, 1650524358 }));

    [Test]
    public void Value_LargestIntermediates_StayBelowTwoTo63() =>
        Assert.That(((BigInteger)(P - 1) * (P - 1 + ((P - 1) / 65536))) + P - 1, Is.LessThan((BigInteger)long.MaxValue));
}
