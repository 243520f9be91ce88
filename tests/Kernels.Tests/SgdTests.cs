using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

public class SgdTests
{
    [Test]
    public void Step_AnyLength_MatchesFormula()
    {
        foreach (var length in Sweep.Lengths)
        {
            var (p, g) = (Sweep.Normal(1, length), Sweep.Normal(2, length));
            var guarded = Sweep.Guard(p);

            Sgd.Step(guarded.Span, Sweep.Guard(g).Span, 0.1f, 0.01f, 0.5f);

            var expected = p.Zip(g, (a, b) => a - (0.1 * ((0.5 * b) + (0.01 * a)))).ToArray();
            Sweep.AssertNear(guarded.Span, expected, 1e-6, 0.1, "p");
            guarded.AssertIntact();
        }
    }

    [Test]
    public void Step_WithMomentum_MatchesFormula()
    {
        foreach (var length in Sweep.Lengths)
        {
            var (p, g, v) = (Sweep.Normal(1, length), Sweep.Normal(2, length), Sweep.Normal(3, length));
            var (gp, gv) = (Sweep.Guard(p), Sweep.Guard(v));

            Sgd.Step(gp.Span, Sweep.Guard(g).Span, gv.Span, 0.1f, 0.9f, 0.01f, 2f);

            var velocity = v.Select((x, i) => (0.9 * x) + (2.0 * g[i]) + (0.01 * p[i])).ToArray();
            Sweep.AssertNear(gv.Span, velocity, 1e-6, 1, "v");
            Sweep.AssertNear(gp.Span, p.Zip(velocity, (a, b) => a - (0.1 * b)).ToArray(), 1e-6, 1, "p");
            gp.AssertIntact();
            gv.AssertIntact();
        }
    }

    [Test]
    public void Step_LengthsDiffer_Throws()
    {
        Assert.That(() => Sgd.Step([1f], [], 1f, 0f, 1f), Throws.ArgumentException);
        Assert.That(() => Sgd.Step([1f], [1f], [], 1f, 0f, 0f, 1f), Throws.ArgumentException);
    }
}
