using NUnit.Framework;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels.Tests;

public class ExponentialTests
{
    [Test]
    public void Exp_WholeRange_WithinTwoUnitsInTheLastPlace()
    {
        var x = new float[300_001];
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = -110f + (i * (202f / x.Length));
        }

        var y = (float[])x.Clone();
        Maps.Run(y, y, default(Exp));

        for (var i = 0; i < x.Length; i++)
        {
            var expected = (float)Math.Exp(x[i]);
            var distance = Math.Abs((long)BitConverter.SingleToInt32Bits(y[i]) - BitConverter.SingleToInt32Bits(expected));
            if (distance > 2)
            {
                Assert.Fail($"exp({x[i]:R}) = {y[i]:R} instead of {expected:R}");
            }
        }
    }

    [Test]
    public void Exp_SpecialValues_Exact()
    {
        // Long enough for every lane to meet them in a vector and in the tail.
        float[] special = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f, float.Epsilon, float.MaxValue, float.MinValue, -200f, 100f];
        float[] expected = [float.NaN, float.PositiveInfinity, 0f, 1f, 1f, 1f, float.PositiveInfinity, 0f, 0f, float.PositiveInfinity];
        var y = Enumerable.Repeat(special, 5).SelectMany(s => s).ToArray();

        Maps.Run(y, y, default(Exp));

        Assert.That(y, Is.EqualTo(Enumerable.Repeat(expected, 5).SelectMany(s => s)));
    }

    private readonly struct Exp : IMap1
    {
        public TVector Of<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => Exponential.Exp<TLane, TVector>(x);
    }
}
