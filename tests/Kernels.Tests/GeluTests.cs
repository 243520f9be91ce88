using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

/// <summary>Both forms; what they share is tested on both.</summary>
public class GeluTests
{
    private static readonly float[] Special = [float.NaN, float.PositiveInfinity, 0f, -0f, 88f, -88f, float.Epsilon, -1e-40f, 1e12f, -1e12f];

    private delegate void ForwardKernel(ReadOnlySpan<float> x, ReadOnlySpan<float> bias, Span<float> y);

    private delegate void BackwardKernel(ReadOnlySpan<float> dY, ReadOnlySpan<float> x, ReadOnlySpan<float> bias, Span<float> dX);

    [TestCase(false, 1f)]
    [TestCase(false, 5f)]
    [TestCase(true, 1f)]
    [TestCase(true, 5f)]
    public void ForwardAndBackward_AnyLength_MatchDouble(bool fast, float deviation)
    {
        var (forward, backward) = Kernels(fast);
        foreach (var length in Sweep.Lengths)
        {
            var (x, dY) = (Sweep.Normal(length, length, deviation), Sweep.Normal(2, length));
            var (y, dX) = (Sweep.Guard(new float[length]), Sweep.Guard(new float[length]));

            forward(Sweep.Guard(x).Span, [], y.Span);
            backward(Sweep.Guard(dY).Span, Sweep.Guard(x).Span, [], dX.Span);

            Sweep.AssertNear(y.Span, x.Select(v => Value(fast, v)).ToArray(), 1e-6, 0.3, "y");
            Sweep.AssertNear(dX.Span, x.Zip(dY, (v, g) => g * Slope(fast, v)).ToArray(), 2e-6, 1, "dX");
            y.AssertIntact();
            dX.AssertIntact();
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public void ForwardAndBackward_Bias_IsAddedToEveryRow(bool fast)
    {
        const int rows = 3;
        var (forward, backward) = Kernels(fast);
        foreach (var width in Sweep.Lengths.Where(n => n is > 0 and < 300))
        {
            var (x, bias, dY) = (Sweep.Normal(1, rows * width), Sweep.Normal(2, width), Sweep.Normal(3, rows * width));
            var sum = x.Select((v, i) => v + bias[i % width]).ToArray();
            var (expected, expectedGradient) = (new float[x.Length], new float[x.Length]);
            var (y, dX) = (Sweep.Guard(new float[x.Length]), Sweep.Guard(new float[x.Length]));
            forward(sum, [], expected);
            backward(dY, sum, [], expectedGradient);

            forward(x, Sweep.Guard(bias).Span, y.Span);
            backward(dY, x, Sweep.Guard(bias).Span, dX.Span);

            Sweep.AssertSameBits(y.Span, expected, "y");
            Sweep.AssertSameBits(dX.Span, expectedGradient, "dX");
            y.AssertIntact();
            dX.AssertIntact();
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public void ForwardAndBackward_InPlace_SameBits(bool fast)
    {
        var (forward, backward) = Kernels(fast);
        var (x, dY) = (Sweep.Normal(1, 61, 3f), Sweep.Normal(2, 61));
        var (y, dX) = (new float[61], new float[61]);
        forward(x, [], y);
        backward(dY, x, [], dX);

        backward(dY, x, [], dY);
        forward(x, [], x);

        Sweep.AssertSameBits(dY, dX, "dX");
        Sweep.AssertSameBits(x, y, "y");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Forward_SpecialValues_AsTheFormula(bool fast)
    {
        var x = Enumerable.Repeat(Special, 5).SelectMany(s => s).ToArray();
        var y = new float[x.Length];

        Kernels(fast).Forward(x, [], y);

        Sweep.AssertNear(y, x.Select(v => float.IsPositiveInfinity(v) ? v : Value(fast, v)).ToArray(), 1e-6, 1e-30, "y");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Backward_SpecialValues_AsTheFormula(bool fast)
    {
        var x = Enumerable.Repeat(Special, 5).SelectMany(s => s).ToArray();
        var dX = new float[x.Length];

        Kernels(fast).Backward(Enumerable.Repeat(2f, x.Length).ToArray(), x, [], dX);

        Sweep.AssertNear(dX, x.Select(v => float.IsInfinity(v) ? double.NaN : 2 * Slope(fast, v)).ToArray(), 2e-6, 1e-30, "dX");
    }

    [Test]
    public void ForwardAndBackward_SpansDoNotFit_Throw()
    {
        Assert.That(() => Gelu.Forward(new float[7], [], new float[6]), Throws.ArgumentException);
        Assert.That(() => Gelu.Forward(new float[7], new float[2], new float[7]), Throws.ArgumentException);
        Assert.That(() => FastGelu.Backward(new float[6], new float[7], [], new float[7]), Throws.ArgumentException);
        Assert.That(() => FastGelu.Backward(new float[7], new float[7], new float[3], new float[7]), Throws.ArgumentException);
    }

    private static (ForwardKernel Forward, BackwardKernel Backward) Kernels(bool fast) =>
        fast ? (FastGelu.Forward, FastGelu.Backward) : (Gelu.Forward, Gelu.Backward);

    private static double Value(bool fast, double x) => x * (fast ? Sigma(x) : Normal.Distribution(x));

    private static double Slope(bool fast, double x) => fast
        ? Sigma(x) + (x * Sigma(x) * Sigma(-x) * 2 * Math.Sqrt(2 / Math.PI) * (1 + (3 * 0.044715 * x * x)))
        : Normal.Distribution(x) + (x * Normal.Density(x));

    private static double Sigma(double x) => 1 / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));
}
