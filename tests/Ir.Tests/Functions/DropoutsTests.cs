using NUnit.Framework;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Functions;

public sealed class DropoutsTests
{
    private const long P = int.MaxValue;
    private static readonly long[] A = [1403630843, 630360016, 742938285];
    private static readonly long[] B = [950706376, 1226874159, 62089911];

    [TestCase(0L, 0L, 0.1f)]
    [TestCase(42L, 7L, 0.1f)]
    [TestCase(-3L, 123456789012L, 0.5f)]
    [TestCase(long.MaxValue, 1L, 0.9f)]
    [TestCase(1L, 1L, 0f)]
    [TestCase(1L, 1L, 1f)]
    public void Dropout_Mask_IsTheFormulaBitForBit(long seed, long step, float ratio)
    {
        var x = Calls.Random(1, 7, 11, 13);
        var y = Calls.Run("Dropout", "ai.onnxpipeline", 2, [], x, Array64.Scalar((double)ratio), Array64.Scalar(seed), Array64.Scalar(step));
        var mask = Enumerable.Range(0, x.Count).Select(i => Number(seed, step, i) >= (long)((double)ratio * P)).ToArray();
        Assert.That(y[1].Bools, Is.EqualTo(mask));
        Assert.That(y[1].Dims, Is.EqualTo(x.Dims));
        Assert.That(y[0].Doubles, Is.EqualTo(x.Doubles.Select((v, i) => mask[i] ? v / (1 - (double)ratio) : 0)).Within(1e-12));
    }

    [Test]
    public void Dropout_AnotherSeedOrStep_IsAnotherMask()
    {
        bool[] Mask(long seed, long step) => Calls.Run("Dropout", "ai.onnxpipeline", 2, [], Calls.Random(1, 256), Array64.Scalar(0.5), Array64.Scalar(seed), Array64.Scalar(step))[1].Bools;
        Assert.That(Mask(1, 2), Is.Not.EqualTo(Mask(2, 2)).And.Not.EqualTo(Mask(1, 3)));
        Assert.That(Mask(1, 2).Count(kept => kept), Is.InRange(90, 166));
    }

    [Test]
    public void DropoutGrad_Mask_PassesWhatWasKept()
    {
        var dX = Calls.Gradient("DropoutGrad", new(new[] { 1.0, 2, 3 }, 3), new(new[] { true, false, true }, 3), Array64.Scalar(0.75), Array64.Scalar(true));
        Assert.That(dX.Doubles, Is.EqualTo(new[] { 4.0, 0, 12 }));
    }

    /// <summary>r(index) written down a second time, from the documentation of the Kernels' CounterRandom.</summary>
    private static long Number(long seed, long step, long index)
    {
        long F(long x, long a, long b)
        {
            var u = ((x * x) + a) % P;
            return ((u * (x + (u / 65536))) + b) % P;
        }

        long Key(int j) => F((F(((seed % P) + P) % P, A[j], B[j]) + (((step % P) + P) % P)) % P, B[j], A[j]);
        return F((index + Key(0)) % P, Key(1), Key(2));
    }
}
