using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

public class AccumulateTests
{
    [Test]
    public void AddScaled_AnyLength_AddsProduct()
    {
        foreach (var length in Sweep.Lengths)
        {
            var (y, x) = (Sweep.Normal(1, length), Sweep.Normal(2, length));
            var guarded = Sweep.Guard(y);

            Accumulate.AddScaled(guarded.Span, Sweep.Guard(x).Span, 0.25f);

            Sweep.AssertNear(guarded.Span, y.Zip(x, (a, b) => a + (0.25 * b)).ToArray(), 1e-6, 0.1, "y");
            guarded.AssertIntact();
        }
    }

    [Test]
    public void AddScaled_ToItself_Works()
    {
        var y = Sweep.Normal(1, 77);
        var expected = y.Select(a => a * 3.0).ToArray();

        Accumulate.AddScaled(y, y, 2f);

        Sweep.AssertNear(y, expected, 1e-6, 0, "y");
    }

    [Test]
    public void Scale_AnyLength_Multiplies()
    {
        foreach (var length in Sweep.Lengths)
        {
            var y = Sweep.Normal(1, length);
            var guarded = Sweep.Guard(y);

            Accumulate.Scale(guarded.Span, -3f);

            Sweep.AssertNear(guarded.Span, y.Select(a => -3.0 * a).ToArray(), 1e-7, 0, "y");
            guarded.AssertIntact();
        }
    }

    [Test]
    public void Scale_SpecialValues_FollowIeee()
    {
        float[] y = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, -0f, float.MaxValue, 1e-38f, 0f, 1f];

        Accumulate.Scale(y, 2f);

        Assert.That(y, Is.EqualTo(new[]
        {
            float.NaN, float.PositiveInfinity, float.NegativeInfinity, 2 * float.Epsilon, -0f, float.PositiveInfinity, 2 * 1e-38f, 0f, 2f,
        }));
    }
}
