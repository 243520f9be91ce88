using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

public class AdamWTests
{
    [TestCase(0, true)]
    [TestCase(1, true)]
    [TestCase(0, false)]
    [TestCase(1, false)]
    public void Step_AnyLength_MatchesFormula(int mode, bool correctBias)
    {
        foreach (var length in Sweep.Lengths)
        {
            var (p, g) = (Sweep.Normal(1, length), Sweep.Normal(2, length));
            var (m, v) = (Sweep.Normal(3, length, 0.1f), Sweep.Normal(4, length).Select(x => x * x).ToArray());
            var options = new AdamWOptions { LearningRate = 0.01f, Step = 3, WeightDecay = 0.1f, Mode = mode, CorrectBias = correctBias, GradientScale = 0.5f };
            var (gp, gm, gv) = (Sweep.Guard(p), Sweep.Guard(m), Sweep.Guard(v));

            AdamW.Step(gp.Span, Sweep.Guard(g).Span, gm.Span, gv.Span, options);

            var expected = new double[3][] { new double[length], new double[length], new double[length] };
            for (var i = 0; i < length; i++)
            {
                (expected[0][i], expected[1][i], expected[2][i]) = Reference(p[i], m[i], v[i], g[i], options);
            }

            Sweep.AssertNear(gp.Span, expected[0], 1e-6, 0.1, "p");
            Sweep.AssertNear(gm.Span, expected[1], 1e-6, 0.1, "m");
            Sweep.AssertNear(gv.Span, expected[2], 1e-6, 0.1, "v");
            gp.AssertIntact();
            gm.AssertIntact();
            gv.AssertIntact();
        }
    }

    [Test]
    public void Step_FirstStepFromZeroMoments_MovesByLearningRate()
    {
        // m/(1-β₁) = g and √(v/(1-β₂)) = |g|: the step is lr·sign(g), after the decay 1 - lr·wd.
        float[] p = [2f, 2f];
        float[] m = [0f, 0f];
        float[] v = [0f, 0f];

        AdamW.Step(p, [0.3f, -40f], m, v, new AdamWOptions { LearningRate = 0.1f, Step = 1, WeightDecay = 0.5f });

        Sweep.AssertNear(p, [2 * 0.95 - 0.1, 2 * 0.95 + 0.1], 1e-6, 0, "p");
    }

    [TestCase(0)]
    [TestCase(1)]
    public void Step_RangeCutAnywhere_SameBits(int mode)
    {
        const int length = 101;
        var options = new AdamWOptions { LearningRate = 1e-3f, Step = 7, Mode = mode, GradientScale = 0.3f };
        var g = Sweep.Normal(5, length);
        float[] Run(int cut)
        {
            var (p, m, v) = (Sweep.Normal(6, length), new float[length], new float[length]);
            AdamW.Step(p.AsSpan(0, cut), g.AsSpan(0, cut), m.AsSpan(0, cut), v.AsSpan(0, cut), options);
            AdamW.Step(p.AsSpan(cut), g.AsSpan(cut), m.AsSpan(cut), v.AsSpan(cut), options);
            return p;
        }

        var whole = Run(0);
        for (var cut = 1; cut <= length; cut++)
        {
            Sweep.AssertSameBits(Run(cut), whole, $"cut at {cut}");
        }
    }

    [Test]
    public void Step_NotFiniteOrTinyGradients_StayInTheirElement()
    {
        var (p, m, v) = (Enumerable.Repeat(1f, 40).ToArray(), new float[40], new float[40]);
        var g = new float[40];
        (g[3], g[21], g[39], g[7]) = (float.NaN, float.PositiveInfinity, float.NaN, float.Epsilon);

        AdamW.Step(p, g, m, v, new AdamWOptions { LearningRate = 0.1f, Step = 1, WeightDecay = 0f });

        for (var i = 0; i < 40; i++)
        {
            Assert.That(float.IsNaN(p[i]), Is.EqualTo(i is 3 or 21 or 39), $"element {i}");
        }

        Assert.That(p[7], Is.EqualTo(1f));
        Assert.That(p[8], Is.EqualTo(1f));
    }

    [TestCase(2, 1)]
    [TestCase(0, 0)]
    public void Step_BadModeOrStep_Throws(int mode, int step) =>
        Assert.That(() => AdamW.Step([], [], [], [], new AdamWOptions { LearningRate = 1f, Step = step, Mode = mode }), Throws.ArgumentException);

    [Test]
    public void Step_LengthsDiffer_ThrowsBeforeWriting()
    {
        float[] p = [1f, 1f];
        Assert.That(() => AdamW.Step(p, [1f, 1f], [0f, 0f], [0f], new AdamWOptions { LearningRate = 1f, Step = 1 }), Throws.ArgumentException);
        Assert.That(p, Is.EqualTo(new[] { 1f, 1f }));
    }

    private static (double P, double M, double V) Reference(double p, double m, double v, double gradient, AdamWOptions o)
    {
        var g = gradient * o.GradientScale;
        var (bias1, bias2) = o.CorrectBias ? (1 - Math.Pow(o.Beta1, o.Step), 1 - Math.Pow(o.Beta2, o.Step)) : (1, 1);
        m = (o.Beta1 * m) + ((1 - o.Beta1) * g);
        v = (o.Beta2 * v) + ((1 - (double)o.Beta2) * g * g);
        if (o.Mode == 0)
        {
            p -= (double)o.LearningRate * o.WeightDecay * p;
            p -= o.LearningRate * (m / bias1) / (Math.Sqrt(v / bias2) + o.Epsilon);
        }
        else
        {
            p -= o.LearningRate * Math.Sqrt(bias2) / bias1 * m / (Math.Sqrt(v) + o.Epsilon);
            p -= (double)o.LearningRate * o.WeightDecay * p;
        }

        return (p, m, v);
    }
}
