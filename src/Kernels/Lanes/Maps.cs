using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>y = f(x)</summary>
internal interface IMap1
{
    TVector Of<TLane, TVector>(TVector x)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged;
}

/// <summary>z = f(x, y)</summary>
internal interface IMap2
{
    TVector Of<TLane, TVector>(TVector x, TVector y)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged;
}

/// <summary>w = f(x, y, z)</summary>
internal interface IMap3
{
    TVector Of<TLane, TVector>(TVector x, TVector y, TVector z)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged;
}

/// <summary>
/// The elementwise loops that write one array, once for each number of arrays read. The result may be one of those; all are as long as the result, which
/// the callers have checked. Loads are unaligned: free on every processor with wide lanes unless they cross a page.
/// </summary>
internal static class Maps
{
    public static void Run<TMap>(ReadOnlySpan<float> x, Span<float> result, TMap map)
        where TMap : struct, IMap1
    {
        var pass = new Pass1<TMap>(map, ref MemoryMarshal.GetReference(x), ref MemoryMarshal.GetReference(result));
        WidestFirst.Run(ref pass, result.Length);
    }

    public static void Run<TMap>(ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<float> result, TMap map)
        where TMap : struct, IMap2
    {
        var pass = new Pass2<TMap>(map, ref MemoryMarshal.GetReference(x), ref MemoryMarshal.GetReference(y), ref MemoryMarshal.GetReference(result));
        WidestFirst.Run(ref pass, result.Length);
    }

    public static void Run<TMap>(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, Span<float> result, TMap map)
        where TMap : struct, IMap3
    {
        var pass = new Pass3<TMap>(
            map, ref MemoryMarshal.GetReference(x), ref MemoryMarshal.GetReference(y), ref MemoryMarshal.GetReference(z), ref MemoryMarshal.GetReference(result));
        WidestFirst.Run(ref pass, result.Length);
    }

    private readonly ref struct Pass1<TMap>(TMap map, ref float x, ref float result) : IPass
        where TMap : struct, IMap1
    {
        private readonly ref float _x = ref x;
        private readonly ref float _result = ref result;

        [MethodImpl(Loop.OfItsOwn)]
        public nuint Run<TLane, TVector>(nuint i, nuint length)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var f = map;
            ref var x = ref _x;
            ref var to = ref _result;
            for (; i + (nuint)TLane.Count <= length; i += (nuint)TLane.Count)
            {
                TLane.Store(f.Of<TLane, TVector>(TLane.Load(in x, i)), ref to, i);
            }

            return i;
        }
    }

    private readonly ref struct Pass2<TMap>(TMap map, ref float x, ref float y, ref float result) : IPass
        where TMap : struct, IMap2
    {
        private readonly ref float _x = ref x;
        private readonly ref float _y = ref y;
        private readonly ref float _result = ref result;

        [MethodImpl(Loop.OfItsOwn)]
        public nuint Run<TLane, TVector>(nuint i, nuint length)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var f = map;
            ref var x = ref _x;
            ref var y = ref _y;
            ref var to = ref _result;
            for (; i + (nuint)TLane.Count <= length; i += (nuint)TLane.Count)
            {
                TLane.Store(f.Of<TLane, TVector>(TLane.Load(in x, i), TLane.Load(in y, i)), ref to, i);
            }

            return i;
        }
    }

    private readonly ref struct Pass3<TMap>(TMap map, ref float x, ref float y, ref float z, ref float result) : IPass
        where TMap : struct, IMap3
    {
        private readonly ref float _x = ref x;
        private readonly ref float _y = ref y;
        private readonly ref float _z = ref z;
        private readonly ref float _result = ref result;

        [MethodImpl(Loop.OfItsOwn)]
        public nuint Run<TLane, TVector>(nuint i, nuint length)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var f = map;
            ref var x = ref _x;
            ref var y = ref _y;
            ref var z = ref _z;
            ref var to = ref _result;
            for (; i + (nuint)TLane.Count <= length; i += (nuint)TLane.Count)
            {
                TLane.Store(f.Of<TLane, TVector>(TLane.Load(in x, i), TLane.Load(in y, i), TLane.Load(in z, i)), ref to, i);
            }

            return i;
        }
    }
}
