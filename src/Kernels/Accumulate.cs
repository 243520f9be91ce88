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
        Maps.Run(y, x, y, new ScaledSum(factor));
    }

    /// <summary>y ← factor·y</summary>
    public static void Scale(Span<float> y, float factor) => Maps.Run(y, y, new Product(factor));

    /// <summary>sum = a + b, of one length. sum may be a or b.</summary>
    internal static void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> sum) => Maps.Run(a, b, sum, default(Sum));

    private readonly struct Sum : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector a, TVector b)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TLane.Add(a, b);
    }

    private readonly struct ScaledSum(float factor) : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector y, TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TLane.MultiplyAdd(x, TLane.Create(factor), y);
    }

    private readonly struct Product(float factor) : IMap1
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector y)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TLane.Multiply(y, TLane.Create(factor));
    }
}
