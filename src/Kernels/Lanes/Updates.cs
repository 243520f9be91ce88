using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>y ← f(y)</summary>
internal interface IUpdate1
{
    void Apply<TLane, TVector>(ref TVector y)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged;
}

/// <summary>y ← f(y, x)</summary>
internal interface IUpdate2
{
    void Apply<TLane, TVector>(ref TVector y, TVector x)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged;
}

/// <summary>(p, v) ← f(p, v, g)</summary>
internal interface IUpdate3
{
    void Apply<TLane, TVector>(ref TVector p, ref TVector v, TVector g)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged;
}

/// <summary>(p, m, v) ← f(p, m, v, g)</summary>
internal interface IUpdate4
{
    void Apply<TLane, TVector>(ref TVector p, ref TVector m, ref TVector v, TVector g)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged;
}

/// <summary>The elementwise loops, once for each number of arrays: whole vectors, then the tail one by one. Loads are unaligned (free on
/// every processor with wide lanes unless they cross a page); all spans are as long as the first, which the callers have checked.</summary>
internal static class Updates
{
    public static void Run<TUpdate>(Span<float> y, TUpdate update)
        where TUpdate : struct, IUpdate1
    {
        ref var start = ref MemoryMarshal.GetReference(y);
        var length = (nuint)y.Length;
        nuint done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Body<Lane16, Vector512<float>>(update, ref start, done, length);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            done = Body<Lane8, Vector256<float>>(update, ref start, done, length);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            done = Body<Lane4, Vector128<float>>(update, ref start, done, length);
        }

        Body<Lane1, float>(update, ref start, done, length);

        static nuint Body<TLane, TVector>(TUpdate update, ref float y, nuint i, nuint length)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var step = (nuint)TLane.Count;
            for (; i + step <= length; i += step)
            {
                var a = TLane.Load(in y, i);
                update.Apply<TLane, TVector>(ref a);
                TLane.Store(a, ref y, i);
            }

            return i;
        }
    }

    public static void Run<TUpdate>(Span<float> y, ReadOnlySpan<float> x, TUpdate update)
        where TUpdate : struct, IUpdate2
    {
        ref var first = ref MemoryMarshal.GetReference(y);
        ref var second = ref MemoryMarshal.GetReference(x);
        var length = (nuint)y.Length;
        nuint done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Body<Lane16, Vector512<float>>(update, ref first, ref second, done, length);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            done = Body<Lane8, Vector256<float>>(update, ref first, ref second, done, length);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            done = Body<Lane4, Vector128<float>>(update, ref first, ref second, done, length);
        }

        Body<Lane1, float>(update, ref first, ref second, done, length);

        static nuint Body<TLane, TVector>(TUpdate update, ref float y, ref float x, nuint i, nuint length)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var step = (nuint)TLane.Count;
            for (; i + step <= length; i += step)
            {
                var a = TLane.Load(in y, i);
                update.Apply<TLane, TVector>(ref a, TLane.Load(in x, i));
                TLane.Store(a, ref y, i);
            }

            return i;
        }
    }

    public static void Run<TUpdate>(Span<float> p, Span<float> v, ReadOnlySpan<float> g, TUpdate update)
        where TUpdate : struct, IUpdate3
    {
        ref var first = ref MemoryMarshal.GetReference(p);
        ref var second = ref MemoryMarshal.GetReference(v);
        ref var third = ref MemoryMarshal.GetReference(g);
        var length = (nuint)p.Length;
        nuint done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Body<Lane16, Vector512<float>>(update, ref first, ref second, ref third, done, length);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            done = Body<Lane8, Vector256<float>>(update, ref first, ref second, ref third, done, length);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            done = Body<Lane4, Vector128<float>>(update, ref first, ref second, ref third, done, length);
        }

        Body<Lane1, float>(update, ref first, ref second, ref third, done, length);

        static nuint Body<TLane, TVector>(TUpdate update, ref float p, ref float v, ref float g, nuint i, nuint length)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var step = (nuint)TLane.Count;
            for (; i + step <= length; i += step)
            {
                var a = TLane.Load(in p, i);
                var b = TLane.Load(in v, i);
                update.Apply<TLane, TVector>(ref a, ref b, TLane.Load(in g, i));
                TLane.Store(a, ref p, i);
                TLane.Store(b, ref v, i);
            }

            return i;
        }
    }

    public static void Run<TUpdate>(Span<float> p, Span<float> m, Span<float> v, ReadOnlySpan<float> g, TUpdate update)
        where TUpdate : struct, IUpdate4
    {
        ref var first = ref MemoryMarshal.GetReference(p);
        ref var second = ref MemoryMarshal.GetReference(m);
        ref var third = ref MemoryMarshal.GetReference(v);
        ref var fourth = ref MemoryMarshal.GetReference(g);
        var length = (nuint)p.Length;
        nuint done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Body<Lane16, Vector512<float>>(update, ref first, ref second, ref third, ref fourth, done, length);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            done = Body<Lane8, Vector256<float>>(update, ref first, ref second, ref third, ref fourth, done, length);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            done = Body<Lane4, Vector128<float>>(update, ref first, ref second, ref third, ref fourth, done, length);
        }

        Body<Lane1, float>(update, ref first, ref second, ref third, ref fourth, done, length);

        static nuint Body<TLane, TVector>(TUpdate update, ref float p, ref float m, ref float v, ref float g, nuint i, nuint length)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var step = (nuint)TLane.Count;
            for (; i + step <= length; i += step)
            {
                var a = TLane.Load(in p, i);
                var b = TLane.Load(in m, i);
                var c = TLane.Load(in v, i);
                update.Apply<TLane, TVector>(ref a, ref b, ref c, TLane.Load(in g, i));
                TLane.Store(a, ref p, i);
                TLane.Store(b, ref m, i);
                TLane.Store(c, ref v, i);
            }

            return i;
        }
    }
}
