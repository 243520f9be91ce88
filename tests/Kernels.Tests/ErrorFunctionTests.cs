using NUnit.Framework;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels.Tests;

public class ErrorFunctionTests
{
    [Test]
    public void Erf_WholeRange_WithinFourUnitsInTheLastPlace()
    {
        var x = new float[200_001];
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = -5f + (i * 5e-5f);
        }

        var y = new float[x.Length];
        Maps.Run(x, y, default(Erf));

        for (var i = 0; i < x.Length; i++)
        {
            var expected = (float)Normal.Erf(x[i]);
            var distance = Math.Abs((long)BitConverter.SingleToInt32Bits(y[i]) - BitConverter.SingleToInt32Bits(expected));
            if (distance > 4)
            {
                Assert.Fail($"erf({x[i]:R}) = {y[i]:R} instead of {expected:R}");
            }
        }
    }

    [Test]
    public void Erf_SpecialValues_Exact()
    {
        // Long enough for every lane to meet them in a vector and in the tail.
        float[] special = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f, float.MaxValue, float.MinValue, 88f, -88f, 1e19f, 2e19f];
        float[] expected = [float.NaN, 1f, -1f, 0f, -0f, 1f, -1f, 1f, -1f, 1f, 1f];
        var x = Enumerable.Repeat(special, 5).SelectMany(s => s).ToArray();
        var y = new float[x.Length];

        Maps.Run(x, y, default(Erf));

        Sweep.AssertSameBits(y.Select(v => float.IsNaN(v) ? float.NaN : v).ToArray(), Enumerable.Repeat(expected, 5).SelectMany(s => s).ToArray(), "erf");
    }

    private readonly struct Erf : IMap1
    {
        public TVector Of<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => ErrorFunction.Erf<TLane, TVector>(x);
    }
}
