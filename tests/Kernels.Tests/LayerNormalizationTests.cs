using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

public class LayerNormalizationTests
{
    private const int Rows = 3;
    private const float Epsilon = 1e-5f;

    [Test]
    public void Forward_AnyWidth_MatchesDouble()
    {
        foreach (var width in Sweep.Lengths)
        {
            var (x, scale, bias) = (Sweep.Normal(1, Rows * width, 2f, 3f), Sweep.Normal(2, width), Sweep.Normal(3, width));
            var y = Sweep.Guard(new float[Rows * width]);
            var (mean, inv) = (Sweep.Guard(new float[Rows]), Sweep.Guard(new float[Rows]));

            LayerNormalization.Forward(Sweep.Guard(x).Span, scale, bias, Epsilon, y.Span, mean.Span, inv.Span);

            y.AssertIntact();
            mean.AssertIntact();
            inv.AssertIntact();
            if (width == 0)
            {
                continue;
            }

            for (var row = 0; row < Rows; row++)
            {
                var expected = Reference(x.AsSpan(row * width, width), scale, bias);
                Sweep.AssertNear(y.Span.Slice(row * width, width), expected.Y, 1e-5, 1, "y");
                Sweep.AssertNear(mean.Span.Slice(row, 1), [expected.Mean], 1e-6, 1, "mean");
                Sweep.AssertNear(inv.Span.Slice(row, 1), [expected.Inv], 2e-5, 0, "invStdDev");
            }
        }
    }

    [Test]
    public void Forward_NoBias_IsZeroBias()
    {
        var (x, scale) = (Sweep.Normal(1, 70), Sweep.Normal(2, 35));
        var (without, zero) = (new float[70], new float[70]);
        var (mean, inv) = (new float[2], new float[2]);

        LayerNormalization.Forward(x, scale, [], Epsilon, without, mean, inv);
        LayerNormalization.Forward(x, scale, new float[35], Epsilon, zero, mean, inv);

        Sweep.AssertSameBits(without, zero, "y");
    }

    [Test]
    public void Forward_LargeMean_DoesNotCancel()
    {
        var x = Enumerable.Range(0, 67).Select(i => 10_000f + (i % 2)).ToArray();
        var (y, mean, inv) = (new float[67], new float[1], new float[1]);
        var ones = Enumerable.Repeat(1f, 67).ToArray();

        LayerNormalization.Forward(x, ones, [], Epsilon, y, mean, inv);

        Sweep.AssertNear(inv, [Reference(x, ones, new float[67]).Inv], 1e-3, 0, "invStdDev");
    }

    [Test]
    public void ForwardAndBackward_InPlace_SameBits()
    {
        const int width = 53;
        var (x, scale, dY) = (Sweep.Normal(1, Rows * width), Sweep.Normal(2, width), Sweep.Normal(3, Rows * width));
        var (y, mean, inv) = (new float[Rows * width], new float[Rows], new float[Rows]);
        var (dX, dScale, dBias) = (new float[Rows * width], new float[width], new float[width]);
        LayerNormalization.Forward(x, scale, scale, Epsilon, y, mean, inv);
        LayerNormalization.Backward(dY, x, scale, mean, inv, [], dX, dScale, dBias);

        LayerNormalization.Backward(dY, x, scale, mean, inv, [], dY, dScale, dBias);
        LayerNormalization.Forward(x, scale, scale, Epsilon, x, mean, inv);

        Sweep.AssertSameBits(dY, dX, "dX");
        Sweep.AssertSameBits(x, y, "y");
    }

    [Test]
    public void Forward_NaNOrInfinity_StaysInItsRow()
    {
        const int width = 21;
        var x = Sweep.Normal(1, 4 * width);
        (x[width + 20], x[(2 * width) + 3]) = (float.NaN, float.PositiveInfinity);
        var (y, mean, inv) = (new float[4 * width], new float[4], new float[4]);

        LayerNormalization.Forward(x, Sweep.Normal(2, width), [], Epsilon, y, mean, inv);

        for (var row = 0; row < 4; row++)
        {
            Assert.That(y.Skip(row * width).Take(width).All(float.IsNaN), Is.EqualTo(row is 1 or 2), $"row {row}");
        }
    }

    [Test]
    public void Backward_AnyWidth_MatchesDouble()
    {
        foreach (var width in Sweep.Lengths.Skip(1))
        {
            var (x, dY, scale) = (Sweep.Normal(1, Rows * width, 2f, 3f), Sweep.Normal(2, Rows * width), Sweep.Normal(3, width));
            var (mean, inv) = (new float[Rows], new float[Rows]);
            LayerNormalization.Forward(x, scale, [], 1e-2f, new float[Rows * width], mean, inv);
            var dX = Sweep.Guard(new float[Rows * width]);
            var (dScale, dBias) = (Sweep.Guard(Sweep.Normal(4, width)), Sweep.Guard(Sweep.Normal(5, width)));

            LayerNormalization.Backward(Sweep.Guard(dY).Span, x, scale, mean, inv, [], dX.Span, dScale.Span, dBias.Span);

            var (expectedX, expectedScale, expectedBias) = (new double[Rows * width], new double[width], new double[width]);
            for (var row = 0; row < Rows; row++)
            {
                var at = row * width;
                var h = Enumerable.Range(0, width).Select(i => (x[at + i] - (double)mean[row]) * inv[row]).ToArray();
                var b = Enumerable.Range(0, width).Select(i => (double)dY[at + i] * scale[i]).ToArray();
                var (meanB, meanBh) = (b.Average(), b.Zip(h, (p, q) => p * q).Average());
                for (var i = 0; i < width; i++)
                {
                    expectedX[at + i] = inv[row] * (b[i] - meanB - (h[i] * meanBh));
                    expectedScale[i] += dY[at + i] * h[i];
                    expectedBias[i] += dY[at + i];
                }
            }

            Sweep.AssertNear(dX.Span, expectedX, 1e-5, inv.Max(), "dX");
            Sweep.AssertNear(dScale.Span, expectedScale, 1e-5, 1, "dScale");
            Sweep.AssertNear(dBias.Span, expectedBias, 1e-5, 1, "dBias");
            dX.AssertIntact();
            dScale.AssertIntact();
            dBias.AssertIntact();
        }
    }

    [Test]
    public void ForwardOfSum_AnyWidth_SameBitsAsForwardOfTheSum()
    {
        foreach (var width in Sweep.Lengths)
        {
            var (a, b) = (Sweep.Normal(1, Rows * width), Sweep.Normal(4, Rows * width, 2f, 3f));
            var (scale, bias) = (Sweep.Normal(2, width), Sweep.Normal(3, width));
            var expectedSum = a.Zip(b, (p, q) => p + q).ToArray();
            var (expected, expectedMean, expectedInv) = (new float[Rows * width], new float[Rows], new float[Rows]);
            LayerNormalization.Forward(expectedSum, scale, bias, Epsilon, expected, expectedMean, expectedInv);
            var (sum, y) = (Sweep.Guard(b), Sweep.Guard(new float[Rows * width]));
            var (mean, inv) = (new float[Rows], new float[Rows]);

            LayerNormalization.ForwardOfSum(Sweep.Guard(a).Span, sum.Span, scale, bias, Epsilon, sum.Span, y.Span, mean, inv);

            Sweep.AssertSameBits(sum.Span, expectedSum, "sum");
            Sweep.AssertSameBits(y.Span, expected, "y");
            Sweep.AssertSameBits(mean, expectedMean, "mean");
            Sweep.AssertSameBits(inv, expectedInv, "invStdDev");
            sum.AssertIntact();
            y.AssertIntact();
        }
    }

    [Test]
    public void Backward_AnotherGradient_IsAdded()
    {
        foreach (var width in Sweep.Lengths.Skip(1))
        {
            var (x, dY, scale, other) = (Sweep.Normal(1, Rows * width), Sweep.Normal(2, Rows * width), Sweep.Normal(3, width), Sweep.Normal(4, Rows * width));
            var (mean, inv) = (new float[Rows], new float[Rows]);
            LayerNormalization.Forward(x, scale, [], 1e-2f, new float[Rows * width], mean, inv);
            var (own, dScale, dBias) = (new float[Rows * width], new float[width], new float[width]);
            LayerNormalization.Backward(dY, x, scale, mean, inv, [], own, dScale, dBias);
            var (dX, dScaleToo, dBiasToo) = (Sweep.Guard(other), new float[width], new float[width]);

            LayerNormalization.Backward(dY, x, scale, mean, inv, dX.Span, dX.Span, dScaleToo, dBiasToo);

            Sweep.AssertSameBits(dX.Span, own.Zip(other, (p, q) => p + q).ToArray(), "dX");
            Sweep.AssertSameBits(dScaleToo, dScale, "dScale");
            Sweep.AssertSameBits(dBiasToo, dBias, "dBias");
            dX.AssertIntact();
        }
    }

    [Test]
    public void Backward_Input_IsTheDerivativeOfForward()
    {
        const int width = 9;
        const double delta = 1e-3;
        var (x, dY, scale, bias) = (Sweep.Normal(1, width), Sweep.Normal(2, width), Sweep.Normal(3, width), new float[width]);
        var (y, mean, inv, dX) = (new float[width], new float[1], new float[1], new float[width]);
        LayerNormalization.Forward(x, scale, bias, Epsilon, y, mean, inv);

        LayerNormalization.Backward(dY, x, scale, mean, inv, [], dX, new float[width], new float[width]);

        double Loss(int changed, double by)
        {
            var moved = x.Select((v, i) => i == changed ? v + by : v).ToArray();
            var average = moved.Average();
            var deviation = Math.Sqrt(moved.Average(v => (v - average) * (v - average)) + Epsilon);
            return moved.Select((v, i) => dY[i] * scale[i] * (v - average) / deviation).Sum();
        }

        var numeric = Enumerable.Range(0, width).Select(i => (Loss(i, delta) - Loss(i, -delta)) / (2 * delta)).ToArray();
        Sweep.AssertNear(dX, numeric, 1e-5, 1, "dX");
    }

    [Test]
    public void SumPartials_RowsInFixedPieces_MatchesWholeAndRepeats()
    {
        const int width = 37;
        const int rows = 150;
        const int piece = LayerNormalization.RowsPerPartial;
        var (x, dY, scale) = (Sweep.Normal(1, rows * width), Sweep.Normal(2, rows * width), Sweep.Normal(3, width));
        var (mean, inv) = (new float[rows], new float[rows]);
        LayerNormalization.Forward(x, scale, [], Epsilon, new float[rows * width], mean, inv);
        var (whole, wholeBias) = (new float[width], new float[width]);
        LayerNormalization.Backward(dY, x, scale, mean, inv, [], new float[rows * width], whole, wholeBias);

        float[] Pieces(IEnumerable<int> order)
        {
            var (dX, partials, bias, total) = (new float[rows * width], new float[3 * width], new float[3 * width], new float[width]);
            foreach (var i in order)
            {
                var (first, count) = (i * piece, Math.Min(piece, rows - (i * piece)));
                LayerNormalization.Backward(
                    dY.AsSpan(first * width, count * width), x.AsSpan(first * width, count * width), scale, mean.AsSpan(first, count), inv.AsSpan(first, count), [],
                    dX.AsSpan(first * width, count * width), partials.AsSpan(i * width, width), bias.AsSpan(i * width, width));
            }

            LayerNormalization.SumPartials(partials, total);
            return total;
        }

        Sweep.AssertNear(Pieces([0, 1, 2]), whole.Select(v => (double)v).ToArray(), 1e-5, 1, "dScale");
        Sweep.AssertSameBits(Pieces([2, 0, 1]), Pieces([0, 1, 2]), "dScale");
    }

    [Test]
    public void Forward_SpansDoNotFit_Throws()
    {
        Assert.That(() => LayerNormalization.Forward(new float[6], new float[4], [], 0f, new float[6], new float[1], new float[1]), Throws.ArgumentException);
        Assert.That(() => LayerNormalization.Forward(new float[4], new float[4], new float[3], 0f, new float[4], new float[1], new float[1]), Throws.ArgumentException);
    }

    private static (double[] Y, double Mean, double Inv) Reference(ReadOnlySpan<float> x, float[] scale, float[] bias)
    {
        var values = x.ToArray().Select(v => (double)v).ToArray();
        var mean = values.Average();
        var inv = 1 / Math.Sqrt(values.Average(v => (v - mean) * (v - mean)) + Epsilon);
        return (values.Select((v, i) => ((v - mean) * inv * scale[i]) + bias[i]).ToArray(), mean, inv);
    }
}
