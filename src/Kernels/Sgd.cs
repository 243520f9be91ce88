using System.Runtime.CompilerServices;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>Stochastic gradient descent over a contiguous range of parameters, as PyTorch's with dampening 0 and no Nesterov.</summary>
public static class Sgd
{
    /// <summary>g = gradientScale·gradient + wd·p; p ← p - lr·g</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Step(Span<float> parameters, ReadOnlySpan<float> gradients, float learningRate, float weightDecay, float gradientScale)
    {
        Lengths.Same(parameters.Length, gradients.Length, nameof(gradients));
        Maps.Run(parameters, gradients, parameters, new Plain(learningRate, weightDecay, gradientScale));
    }

    /// <summary>g = gradientScale·gradient + wd·p; v ← μ·v + g; p ← p - lr·v. The velocity starts at zero.</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void Step(
        Span<float> parameters, ReadOnlySpan<float> gradients, Span<float> velocity, float learningRate, float momentum, float weightDecay, float gradientScale)
    {
        Lengths.Same(parameters.Length, gradients.Length, nameof(gradients));
        Lengths.Same(parameters.Length, velocity.Length, nameof(velocity));
        Updates.Run(parameters, velocity, gradients, new WithMomentum(learningRate, momentum, weightDecay, gradientScale));
    }

    private readonly struct Plain(float learningRate, float weightDecay, float gradientScale) : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector p, TVector g)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            g = TLane.MultiplyAdd(p, TLane.Create(weightDecay), TLane.Multiply(g, TLane.Create(gradientScale)));
            return TLane.MultiplyAdd(g, TLane.Create(-learningRate), p);
        }
    }

    private readonly struct WithMomentum(float learningRate, float momentum, float weightDecay, float gradientScale) : IUpdate3
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLane, TVector>(ref TVector p, ref TVector v, TVector g)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            g = TLane.MultiplyAdd(p, TLane.Create(weightDecay), TLane.Multiply(g, TLane.Create(gradientScale)));
            v = TLane.MultiplyAdd(v, TLane.Create(momentum), g);
            p = TLane.MultiplyAdd(v, TLane.Create(-learningRate), p);
        }
    }
}
