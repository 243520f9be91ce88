using System.Runtime.CompilerServices;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>f and its derivative.</summary>
internal interface IActivation
{
    /// <summary>f(x)</summary>
    static abstract TVector Of<TLane, TVector>(TVector x)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged;

    /// <summary>f′(x)</summary>
    static abstract TVector Slope<TLane, TVector>(TVector x)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged;
}

/// <summary>An activation function over arrays, of x or of x + bias, bias being repeated for every row of its length; empty: none.</summary>
internal static class Activation<TFunction>
    where TFunction : struct, IActivation
{
    /// <summary>y = f(x + bias)</summary>
    public static void Forward(ReadOnlySpan<float> x, ReadOnlySpan<float> bias, Span<float> y)
    {
        Lengths.Same(x.Length, y.Length, nameof(y));
        if (bias.IsEmpty)
        {
            Maps.Run(x, y, default(Function));
            return;
        }

        Lengths.Same(x.Length / bias.Length * bias.Length, x.Length, nameof(x));
        for (var row = 0; row < x.Length; row += bias.Length)
        {
            Maps.Run(x.Slice(row, bias.Length), bias, y.Slice(row, bias.Length), default(Function));
        }
    }

    /// <summary>dX = dY·f′(x + bias)</summary>
    public static void Backward(ReadOnlySpan<float> dY, ReadOnlySpan<float> x, ReadOnlySpan<float> bias, Span<float> dX)
    {
        Lengths.Same(x.Length, dY.Length, nameof(dY));
        Lengths.Same(x.Length, dX.Length, nameof(dX));
        if (bias.IsEmpty)
        {
            Maps.Run(dY, x, dX, default(Gradient));
            return;
        }

        Lengths.Same(x.Length / bias.Length * bias.Length, x.Length, nameof(x));
        for (var row = 0; row < x.Length; row += bias.Length)
        {
            Maps.Run(dY.Slice(row, bias.Length), x.Slice(row, bias.Length), bias, dX.Slice(row, bias.Length), default(Gradient));
        }
    }

    private readonly struct Function : IMap1, IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TFunction.Of<TLane, TVector>(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector x, TVector bias)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TFunction.Of<TLane, TVector>(TLane.Add(x, bias));
    }

    private readonly struct Gradient : IMap2, IMap3
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector dY, TVector x)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TLane.Multiply(dY, TFunction.Slope<TLane, TVector>(x));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector dY, TVector x, TVector bias)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged => TLane.Multiply(dY, TFunction.Slope<TLane, TVector>(TLane.Add(x, bias)));
    }
}
