using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

public class SoftmaxCrossEntropyAtOnceTests
{
    private const int Rows = 3;

    [TestCase(1f, 0f)]
    [TestCase(20_000f, 0f)]
    [TestCase(1f, 0.1f)]
    [TestCase(20_000f, 0.3f)]
    public void LossAndGradient_AnyClasses_MatchDouble(float deviation, float smoothing)
    {
        foreach (var classes in Sweep.Lengths.Skip(1))
        {
            var logits = Sweep.Normal(1, Rows * classes, deviation);
            long[] labels = [0, classes - 1, classes / 2];
            var (loss, gradient) = (Sweep.Guard(new float[Rows]), Sweep.Guard(Sweep.Normal(2, Rows * classes)));

            var invalid = SoftmaxCrossEntropy.LossAndGradient<long>(Sweep.Guard(logits).Span, labels, null, smoothing, 0.5f, loss.Span, gradient.Span);

            Assert.That(invalid, Is.EqualTo(SoftmaxCrossEntropy.AllLabelsValid));
            for (var row = 0; row < Rows; row++)
            {
                var x = logits.Skip(row * classes).Take(classes).Select(v => (double)v).ToArray();
                var (max, label) = (x.Max(), (int)labels[row]);
                var log = max + Math.Log(x.Sum(v => Math.Exp(v - max)));
                Sweep.AssertNear(loss.Span.Slice(row, 1), [((1.0 - smoothing) * (log - x[label])) + (smoothing * x.Average(v => log - v))], 1e-6, 1, "loss");
                var expected = x.Select((v, i) => 0.5 * (Math.Exp(v - log) - (i == label ? 1.0 - smoothing : 0) - ((double)smoothing / classes))).ToArray();
                Sweep.AssertNear(gradient.Span.Slice(row * classes, classes), expected, 2e-6, 0.1, "dLogits");
            }

            loss.AssertIntact();
            gradient.AssertIntact();
        }
    }

    [Test]
    public void LossAndGradient_ManyClasses_KeepsPrecision()
    {
        const int classes = 60_000; // equal logits: the loss is log(classes)
        var (loss, gradient) = (new float[1], new float[classes]);

        SoftmaxCrossEntropy.LossAndGradient<long>(Enumerable.Repeat(7.5f, classes).ToArray(), [17], null, 0, 1, loss, gradient);

        Assert.That(loss[0], Is.EqualTo(Math.Log(classes)).Within(1e-6));
        Assert.That(gradient[16], Is.EqualTo(1f / classes).Within(1e-11));
        Assert.That(gradient[17], Is.EqualTo((1f / classes) - 1).Within(1e-7));
    }

    [TestCase(0f)]
    [TestCase(0.2f)]
    public void LossAndGradient_InPlace_SameBits(float smoothing)
    {
        var logits = Sweep.Normal(1, 3 * 45);
        int[] labels = [0, 44, 20];
        var (loss, lossInPlace, gradient) = (new float[3], new float[3], new float[3 * 45]);
        SoftmaxCrossEntropy.LossAndGradient<int>(logits, labels, null, smoothing, 0.25f, loss, gradient);

        SoftmaxCrossEntropy.LossAndGradient<int>(logits, labels, null, smoothing, 0.25f, lossInPlace, logits);

        Sweep.AssertSameBits(logits, gradient, "dLogits");
        Sweep.AssertSameBits(lossInPlace, loss, "loss");
    }

    [TestCase(0f)]
    [TestCase(0.2f)]
    public void LossAndGradient_IgnoredRow_IsZeroWhateverItHolds(float smoothing)
    {
        var logits = Sweep.Normal(1, 2 * 19);
        logits[3] = float.NaN;
        var (loss, gradient) = (new float[2], Sweep.Normal(2, 38));

        Assert.That(SoftmaxCrossEntropy.LossAndGradient<long>(logits, [-100, 3], -100, smoothing, 1, loss, gradient), Is.EqualTo(SoftmaxCrossEntropy.AllLabelsValid));

        Assert.That(loss[0], Is.Zero);
        Assert.That(loss[1], Is.GreaterThan(0));
        Assert.That(gradient.Take(19), Is.All.Zero);
        Assert.That(gradient.Skip(19), Is.All.Not.Zero);
    }

    [TestCase(5L)]
    [TestCase(-1L)]
    [TestCase(long.MaxValue)]
    [TestCase(long.MinValue)]
    [TestCase(1L << 32)]
    public void LossAndGradient_LabelOutOfRange_IsReportedAndWritesNothingElse(long label)
    {
        var (loss, gradient) = (Sweep.Guard(new float[4]), Sweep.Guard(Sweep.Normal(1, 20)));

        Assert.That(SoftmaxCrossEntropy.LossAndGradient<long>(gradient.Span, [1, label, label, 2], -100, 0, 1, loss.Span, gradient.Span), Is.EqualTo(1));

        Assert.That(loss.Span.ToArray().Select(float.IsNaN), Is.EqualTo(new[] { false, true, true, false }));
        Assert.That(gradient.Span[5..15].ToArray(), Is.All.Zero);
        loss.AssertIntact();
        gradient.AssertIntact();
    }

    [Test]
    public void LossAndGradient_Infinities_FollowTheLimit()
    {
        const int classes = 33;
        var logits = new float[3 * classes];
        logits.AsSpan(1, classes - 1).Fill(float.NegativeInfinity); // one class left: its probability is 1
        logits[classes + 32] = float.NaN;
        logits[(2 * classes) + 5] = float.PositiveInfinity;
        var (loss, gradient) = (new float[3], new float[3 * classes]);

        SoftmaxCrossEntropy.LossAndGradient<int>(logits, [0, 0, 0], null, 0, 1, loss, gradient);

        Assert.That(loss[0], Is.Zero);
        Assert.That(gradient.Take(classes), Is.All.Zero);
        Assert.That(loss.Skip(1), Is.All.NaN);
    }
}
