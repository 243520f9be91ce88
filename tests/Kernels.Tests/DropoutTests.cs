using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

public class DropoutTests
{
    [Test]
    public void ForwardAndBackward_AnyLength_FollowTheDefinition()
    {
        const float ratio = 0.3f;
        foreach (var length in Sweep.Lengths)
        {
            var (x, dY) = (Sweep.Normal(1, length), Sweep.Normal(2, length));
            var (y, dX, mask) = (Sweep.Guard(new float[length]), Sweep.Guard(new float[length]), new Guarded<bool>(new bool[length], true));

            Dropout.Forward(Sweep.Guard(x).Span, ratio, 11, 5, 1000, y.Span, mask.Span);
            Dropout.Backward(dY, mask.Span, ratio, dX.Span);

            var threshold = (long)(ratio * 2147483647.0);
            var keep = x.Select((_, i) => CounterRandom.Value(11, 5, 1000 + i) >= threshold).ToArray();
            Assert.That(mask.Span.SequenceEqual(keep), $"mask, length {length}");
            Sweep.AssertSameBits(y.Span, x.Select((v, i) => keep[i] ? v / (1f - ratio) : 0f).ToArray(), "y");
            Sweep.AssertSameBits(dX.Span, dY.Select((v, i) => keep[i] ? v / (1f - ratio) : 0f).ToArray(), "dX");
            y.AssertIntact();
            dX.AssertIntact();
            mask.AssertIntact();
        }
    }

    [Test]
    public void Forward_CutAnywhereAndInPlace_SameBits()
    {
        const int length = 1200;
        var (whole, mask) = (new float[length], new bool[length]);
        var x = Sweep.Normal(1, length);
        Dropout.Forward(x, 0.5f, 3, 4, 0, whole, mask);
        foreach (var cut in new[] { 0, 1, 15, 16, 17, 511, 512, 513, 1199 })
        {
            var (y, flags) = ((float[])x.Clone(), new bool[length]);

            Dropout.Forward(y.AsSpan(0, cut), 0.5f, 3, 4, 0, y.AsSpan(0, cut), flags.AsSpan(0, cut));
            Dropout.Forward(y.AsSpan(cut), 0.5f, 3, 4, cut, y.AsSpan(cut), flags.AsSpan(cut));

            Sweep.AssertSameBits(y, whole, $"y, cut at {cut}");
            Assert.That(flags, Is.EqualTo(mask));
        }
    }

    [Test]
    public void Forward_RatioZeroAndOne_KeepAllAndNone()
    {
        var x = Sweep.Normal(1, 999);
        var (y, mask) = (new float[999], new bool[999]);

        Dropout.Forward(x, 0f, 1, 2, 0, y, mask);
        Sweep.AssertSameBits(y, x, "ratio 0");
        Assert.That(mask, Is.All.True);

        Dropout.Forward(x, 1f, 1, 2, 0, y, mask);
        Sweep.AssertSameBits(y, new float[999], "ratio 1");
        Assert.That(mask, Is.All.False);
    }

    [Test]
    public void Forward_NaNAndInfinity_AreDroppedToZeroOrKept()
    {
        var x = Enumerable.Repeat(new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity }, 30).SelectMany(v => v).ToArray();
        var (y, mask) = (new float[90], new bool[90]);

        Dropout.Forward(x, 0.5f, 1, 2, 0, y, mask);

        Assert.That(y, Is.EqualTo(x.Zip(mask, (v, keep) => keep ? v : 0f)));
    }

    [TestCase(-0.1f)]
    [TestCase(1.1f)]
    [TestCase(float.NaN)]
    public void Forward_RatioOutOfRange_Throws(float ratio) =>
        Assert.That(() => Dropout.Forward([1f], ratio, 0, 0, 0, new float[1], new bool[1]), Throws.InstanceOf<ArgumentException>());
}
