using System.Runtime.CompilerServices;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>AdamW over a contiguous range of parameters, one pass over memory.</summary>
public static class AdamW
{
    /// <summary>
    /// With g = GradientScale·gradient, m ← β₁·m + (1-β₁)·g, v ← β₂·v + (1-β₂)·g²:
    /// mode 0: p ← p - lr·wd·p first, then p ← p - lr·m / ((1-β₁ᵗ)·(√(v/(1-β₂ᵗ)) + ε));
    /// mode 1: p ← p - lr·√(1-β₂ᵗ)/(1-β₁ᵗ)·m / (√v + ε), then p ← p - lr·wd·p.
    /// Each element depends on its own values only, to the bit, however a caller cuts its ranges.
    /// </summary>
    /// <exception cref="ArgumentException">The spans differ in length, the mode is neither 0 nor 1, or the step is below 1.</exception>
    public static void Step(Span<float> parameters, ReadOnlySpan<float> gradients, Span<float> momentum1, Span<float> momentum2, in AdamWOptions options)
    {
        Lengths.Same(parameters.Length, gradients.Length, nameof(gradients));
        Lengths.Same(parameters.Length, momentum1.Length, nameof(momentum1));
        Lengths.Same(parameters.Length, momentum2.Length, nameof(momentum2));
        if (options.Mode is not (0 or 1) || options.Step < 1)
        {
            throw new ArgumentException($"Mode {options.Mode} and step {options.Step}: the mode is 0 or 1, the step at least 1.", nameof(options));
        }

        Updates.Run(parameters, momentum1, momentum2, gradients, new Update(options));
    }

    /// <summary>Both modes in one formula: p·(1 - before); p - size·m / (√v·rootScale + ε); p·(1 - after).</summary>
    private readonly struct Update : IUpdate4
    {
        private readonly float _gradientScale, _beta1, _rest1, _beta2, _rest2, _rootScale, _epsilon, _minusSize, _minusBefore, _minusAfter;

        public Update(in AdamWOptions o)
        {
            (_gradientScale, _rootScale, _minusSize, _minusBefore, _minusAfter) = new AdamWFactors(o);
            _beta1 = o.Beta1;
            _rest1 = (float)(1.0 - o.Beta1);
            _beta2 = o.Beta2;
            _rest2 = (float)(1.0 - o.Beta2);
            _epsilon = o.Epsilon;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLane, TVector>(ref TVector p, ref TVector m, ref TVector v, TVector g)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            g = TLane.Multiply(g, TLane.Create(_gradientScale));
            p = TLane.MultiplyAdd(p, TLane.Create(_minusBefore), p);
            m = TLane.MultiplyAdd(m, TLane.Create(_beta1), TLane.Multiply(g, TLane.Create(_rest1)));
            v = TLane.MultiplyAdd(v, TLane.Create(_beta2), TLane.Multiply(TLane.Multiply(g, g), TLane.Create(_rest2)));
            var divisor = TLane.MultiplyAdd(TLane.Sqrt(v), TLane.Create(_rootScale), TLane.Create(_epsilon));
            p = TLane.MultiplyAdd(TLane.Divide(m, divisor), TLane.Create(_minusSize), p);
            p = TLane.MultiplyAdd(p, TLane.Create(_minusAfter), p);
        }
    }
}
