using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

public class SoftmaxTests
{
    private const int Rows = 3;

    /// <summary>How much of a mask there is.</summary>
    public enum Mask
    {
        None,
        One,
        Row,
        Rows,
    }

    [TestCase(1f, Mask.None)]
    [TestCase(1f, Mask.One)]
    [TestCase(1f, Mask.Row)]
    [TestCase(1f, Mask.Rows)]
    [TestCase(20_000f, Mask.Rows)]
    public void ForwardAndBackward_AnyWidth_MatchDouble(float deviation, Mask kind)
    {
        const float scale = 0.125f;
        foreach (var width in Sweep.Lengths)
        {
            var (x, dY) = (Sweep.Normal(1, Rows * width, deviation), Sweep.Normal(2, Rows * width));
            var mask = Sweep.Normal(3, kind switch { Mask.None => 0, Mask.One => 1, Mask.Row => width, _ => Rows * width });
            var (y, dX) = (Sweep.Guard(new float[Rows * width]), Sweep.Guard(new float[Rows * width]));

            Softmax.Forward(Sweep.Guard(x).Span, width, scale, Sweep.Guard(mask).Span, y.Span);
            Softmax.Backward(Sweep.Guard(dY).Span, y.Span, width, scale, dX.Span);

            for (var row = 0; row < Rows && width > 0; row++)
            {
                var first = row * width;
                var scores = Enumerable.Range(first, width).Select(i => (double)((x[i] * scale) + (mask.Length == 0 ? 0 : mask[i % mask.Length]))).ToArray();
                var expected = Reference(scores);
                Sweep.AssertNear(y.Span.Slice(first, width), expected, 3e-6, 1e-30, "y");
                var sum = expected.Select((v, i) => v * dY[first + i]).Sum();
                Sweep.AssertNear(dX.Span.Slice(first, width), expected.Select((v, i) => (dY[first + i] - sum) * v * scale).ToArray(), 1e-5, 1e-3, "dX");
            }

            y.AssertIntact();
            dX.AssertIntact();
        }
    }

    [Test]
    public void ForwardAndBackward_InPlace_SameBits()
    {
        var (x, mask, dY) = (Sweep.Normal(1, Rows * 45), Sweep.Normal(2, Rows * 45), Sweep.Normal(3, Rows * 45));
        var (y, dX, overY) = (new float[Rows * 45], new float[Rows * 45], new float[Rows * 45]);
        Softmax.Forward(x, 45, 0.3f, mask, y);
        Softmax.Backward(dY, y, 45, 0.3f, dX);

        Softmax.Forward(x, 45, 0.3f, mask, x);
        Softmax.Backward(dY, y, 45, 0.3f, dY);
        y.CopyTo(overY, 0);

        Sweep.AssertSameBits(x, overY, "y");
        Sweep.AssertSameBits(dY, dX, "dX");
    }

    [Test]
    public void Forward_Infinities_FollowTheLimit()
    {
        const int width = 35;
        var x = new float[5 * width];
        x.AsSpan(1, width - 1).Fill(float.NegativeInfinity); // one is left
        x[width + 34] = float.NaN;
        x[(2 * width) + 5] = float.PositiveInfinity;
        x.AsSpan(3 * width, width).Fill(float.NegativeInfinity);
        var y = new float[x.Length];

        Softmax.Forward(x, width, 1f, [], y);

        Assert.That(y[0], Is.EqualTo(1f));
        Assert.That(y[1..width], Is.All.Zero);
        Assert.That(y[width..(4 * width)], Is.All.NaN);
        Assert.That(y[(4 * width)..], Is.All.EqualTo(1f / width).Within(1e-8));
    }

    [Test]
    public void Forward_LowestFloatMasksAll_IsUniform()
    {
        var y = new float[37];

        Softmax.Forward(Sweep.Normal(1, 37), 37, 0.125f, [float.MinValue], y);

        Assert.That(y, Is.All.EqualTo(1f / 37).Within(1e-8));
    }

    [Test]
    public void Forward_WideRow_KeepsPrecision()
    {
        const int width = 60_000;
        var y = new float[width];

        Softmax.Forward(Enumerable.Repeat(7.5f, width).ToArray(), width, 1f, [], y);

        Assert.That(y[17], Is.EqualTo(1.0 / width).Within(1e-6 / width));
    }

    [Test]
    public void ForwardAndBackward_SpansDoNotFit_Throw()
    {
        Assert.That(() => Softmax.Forward(new float[7], 2, 1f, [], new float[7]), Throws.ArgumentException);
        Assert.That(() => Softmax.Forward(new float[6], 2, 1f, new float[3], new float[6]), Throws.ArgumentException);
        Assert.That(() => Softmax.Forward(new float[6], 2, 1f, [], new float[4]), Throws.ArgumentException);
        Assert.That(() => Softmax.Backward(new float[6], new float[4], 2, 1f, new float[6]), Throws.ArgumentException);
    }

    private static double[] Reference(double[] scores)
    {
        var max = scores.Max();
        var sum = scores.Sum(s => Math.Exp(s - max));
        return scores.Select(s => Math.Exp(s - max) / sum).ToArray();
    }
}
