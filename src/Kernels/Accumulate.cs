using System.Runtime.CompilerServices;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>Adding gradients up, and scaling them.</summary>
public static class Accumulate
{
    /// <summary>y ← y + factor·x</summary>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static void AddScaled(Span<float> y, ReadOnlySpan<float> x, float factor)
    {
        Lengths.Same(y.Length, x.Length, nameof(x));
        Updates.Run(y, x, new AddScaledUpdate(factor));
    }

    /// <summary>y ← factor·y</summary>
    public static void Scale(Span<float> y, float factor) => Updates.Run(y, new ScaleUpdate(factor));

    private readonly struct AddScaledUpdate(float factor) : IUpdate2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLane, TVector>(ref TVector y, TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => y = TLane.MultiplyAdd(x, TLane.Create(factor), y);
    }

    private readonly struct ScaleUpdate(float factor) : IUpdate1
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Apply<TLane, TVector>(ref TVector y)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => y = TLane.Multiply(y, TLane.Create(factor));
    }
}
