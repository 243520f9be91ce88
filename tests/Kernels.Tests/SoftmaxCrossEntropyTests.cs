using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

public class SoftmaxCrossEntropyTests
{
    private const int Rows = 3;

    [TestCase(1f)]
    [TestCase(20_000f)]
    public void ForwardAndBackward_AnyClasses_MatchDouble(float deviation)
    {
        foreach (var classes in Sweep.Lengths.Skip(1))
        {
            var logits = Sweep.Normal(1, Rows * classes, deviation);
            long[] labels = [0, classes - 1, classes / 2];
            var (loss, logProb, gradient) = (Sweep.Guard(new float[Rows]), Sweep.Guard(new float[Rows * classes]), Sweep.Guard(new float[Rows * classes]));

            var invalid = SoftmaxCrossEntropy.Forward<long>(Sweep.Guard(logits).Span, labels, null, loss.Span, logProb.Span);
            var invalidBackward = SoftmaxCrossEntropy.Backward<long>(logProb.Span, 0.5f, labels, null, gradient.Span);

            Assert.That((invalid, invalidBackward), Is.EqualTo((SoftmaxCrossEntropy.AllLabelsValid, SoftmaxCrossEntropy.AllLabelsValid)));
            for (var row = 0; row < Rows; row++)
            {
                var expected = LogSoftmax(logits.AsSpan(row * classes, classes));
                var label = (int)labels[row];
                Sweep.AssertNear(logProb.Span.Slice(row * classes, classes), expected, 1e-6, 1, "logProb");
                Sweep.AssertNear(loss.Span.Slice(row, 1), [-expected[label]], 1e-6, 1, "loss");
                var expectedGradient = expected.Select((v, i) => 0.5 * (Math.Exp(v) - (i == label ? 1 : 0))).ToArray();
                Sweep.AssertNear(gradient.Span.Slice(row * classes, classes), expectedGradient, 2e-6, 0.1, "dLogits");
            }

            loss.AssertIntact();
            logProb.AssertIntact();
            gradient.AssertIntact();
        }
    }

    [Test]
    public void Forward_ManyClasses_KeepsPrecision()
    {
        // Equal logits: the loss is log(classes), a sum of 60 000 equal terms.
        const int classes = 60_000;
        var (loss, logProb) = (new float[1], new float[classes]);

        SoftmaxCrossEntropy.Forward<long>(Enumerable.Repeat(7.5f, classes).ToArray(), [17], null, loss, logProb);

        Assert.That(loss[0], Is.EqualTo(Math.Log(classes)).Within(1e-6));
    }

    [Test]
    public void ForwardAndBackward_InPlace_SameBits()
    {
        var logits = Sweep.Normal(1, 3 * 45);
        int[] labels = [0, 44, 20];
        var (loss, logProb, gradient) = (new float[3], new float[3 * 45], new float[3 * 45]);
        SoftmaxCrossEntropy.Forward<int>(logits, labels, null, loss, logProb);
        SoftmaxCrossEntropy.Backward<int>(logProb, 1f, labels, null, gradient);

        SoftmaxCrossEntropy.Forward<int>(logits, labels, null, loss, logits);
        Sweep.AssertSameBits(logits, logProb, "logProb");
        SoftmaxCrossEntropy.Backward<int>(logits, 1f, labels, null, logits);
        Sweep.AssertSameBits(logits, gradient, "dLogits");
    }

    [Test]
    public void ForwardAndBackward_IgnoredRow_IsZero()
    {
        var logits = Sweep.Normal(1, 2 * 19);
        long[] labels = [-100, 3];
        var (loss, logProb, gradient) = (new float[2], new float[38], Sweep.Normal(2, 38));

        Assert.That(SoftmaxCrossEntropy.Forward<long>(logits, labels, -100, loss, logProb), Is.EqualTo(SoftmaxCrossEntropy.AllLabelsValid));
        Assert.That(SoftmaxCrossEntropy.Backward<long>(logProb, 1f, labels, -100, gradient), Is.EqualTo(SoftmaxCrossEntropy.AllLabelsValid));

        Assert.That(loss[0], Is.Zero);
        Assert.That(loss[1], Is.GreaterThan(0));
        Assert.That(gradient.Take(19), Is.All.Zero);
        Assert.That(gradient.Skip(19), Is.All.Not.Zero);
        Sweep.AssertNear(logProb.AsSpan(0, 19), LogSoftmax(logits.AsSpan(0, 19)), 1e-6, 1, "logProb of the ignored row");
        Assert.That(SoftmaxCrossEntropy.CountedRows<long>(labels, -100), Is.EqualTo(1));
        Assert.That(SoftmaxCrossEntropy.CountedRows<long>(labels, null), Is.EqualTo(2));
    }

    [TestCase(5L)]
    [TestCase(-1L)]
    [TestCase(long.MaxValue)]
    [TestCase(long.MinValue)]
    [TestCase(1L << 32)]
    public void ForwardAndBackward_LabelOutOfRange_IsReportedAndWritesNothingElse(long label)
    {
        long[] labels = [1, label, label, 2];
        var (loss, logProb, gradient) = (Sweep.Guard(new float[4]), Sweep.Guard(Sweep.Normal(1, 20)), Sweep.Guard(Sweep.Normal(2, 20)));

        Assert.That(SoftmaxCrossEntropy.Forward<long>(logProb.Span, labels, -100, loss.Span, logProb.Span), Is.EqualTo(1));
        Assert.That(SoftmaxCrossEntropy.Backward<long>(logProb.Span, 1f, labels, -100, gradient.Span), Is.EqualTo(1));

        Assert.That(loss.Span.ToArray().Select(float.IsNaN), Is.EqualTo(new[] { false, true, true, false }));
        Assert.That(gradient.Span[5..15].ToArray(), Is.All.Zero);
        loss.AssertIntact();
        logProb.AssertIntact();
        gradient.AssertIntact();
    }

    [Test]
    public void Forward_Infinities_FollowTheLimit()
    {
        const int classes = 33;
        var logits = new float[4 * classes];
        logits.AsSpan(1, classes - 1).Fill(float.NegativeInfinity); // one class left: its probability is 1
        logits[classes + 32] = float.NaN;
        logits[(2 * classes) + 5] = float.PositiveInfinity;
        var (loss, logProb, gradient) = (new float[4], new float[4 * classes], new float[4 * classes]);

        SoftmaxCrossEntropy.Forward<int>(logits, [0, 0, 0, 0], null, loss, logProb);
        SoftmaxCrossEntropy.Backward<int>(logProb, 1f, [0, 0, 0, 0], null, gradient);

        Assert.That(loss[0], Is.Zero);
        Assert.That(gradient.Take(classes), Is.All.Zero);
        Assert.That(logProb.Skip(1).Take(classes - 1), Is.All.EqualTo(float.NegativeInfinity));
        Assert.That(loss[1], Is.NaN);
        Assert.That(loss[2], Is.NaN);
        Assert.That(loss[3], Is.EqualTo(MathF.Log(classes)).Within(1e-6));
    }

    [Test]
    public void Backward_ScaleForEachRow_IsUsed()
    {
        var (logits, loss, logProb) = (Sweep.Normal(1, 3 * 20), new float[3], new float[60]);
        int[] labels = [4, 5, 6];
        SoftmaxCrossEntropy.Forward<int>(logits, labels, null, loss, logProb);
        var (one, each) = (new float[60], new float[60]);

        SoftmaxCrossEntropy.Backward<int>(logProb, 1f, labels, null, one);
        SoftmaxCrossEntropy.Backward<int>(logProb, [1f, -2f, 0f], labels, null, each);

        Sweep.AssertNear(each, one.Select((v, i) => v * (i < 20 ? 1.0 : i < 40 ? -2 : 0)).ToArray(), 1e-7, 0, "dLogits");
    }

    [Test]
    public void Forward_SpansDoNotFit_Throws() =>
        Assert.That(() => SoftmaxCrossEntropy.Forward<int>(new float[7], [0, 0], null, new float[2], new float[7]), Throws.ArgumentException);

    [Test]
    public void Forward_LogProbNotWanted_SameLoss()
    {
        var logits = Sweep.Normal(1, 4 * 300);
        long[] labels = [7, -100, 299, 300];
        var (with, without) = (new float[4], new float[4]);

        var invalid = SoftmaxCrossEntropy.Forward<long>(logits, labels, -100, with, new float[4 * 300]);

        Assert.That(SoftmaxCrossEntropy.Forward<long>(logits, labels, -100, without, []), Is.EqualTo(invalid).And.EqualTo(3));
        Sweep.AssertSameBits(without, with, "loss");
    }

    private static double[] LogSoftmax(ReadOnlySpan<float> x)
    {
        var values = x.ToArray();
        double max = values.Max();
        var log = Math.Log(values.Sum(v => Math.Exp(v - max)));
        return values.Select(v => v - max - log).ToArray();
    }
}
