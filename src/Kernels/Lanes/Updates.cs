using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnnxPipeline.Kernels.Lanes;

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

/// <summary>The elementwise loops that change several arrays at once, as optimizers do, once for each number of them: whole vectors, then the tail one by
/// one. All spans are as long as the first, which the callers have checked.</summary>
internal static class Updates
{
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

        [MethodImpl(Loop.OfItsOwn)]
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

        [MethodImpl(Loop.OfItsOwn)]
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
