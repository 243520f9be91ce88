using System.Runtime.CompilerServices;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>f(x), to be summed.</summary>
internal interface ITerm
{
    TVector Of<TLane, TVector>(TVector x)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged;
}

/// <summary>Σ f(x) over a row; inlined, so that a caller is a <see cref="Loop.OfItsOwn"/>.</summary>
internal static class RowSum
{
    // Float accumulators take a block, a double one the blocks: rows of any width keep about 1e-7, also in the scalar lane.
    public const int Block = 1024;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Of<TLane, TVector, TTerm>(ref float x, int length, TTerm term)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged
        where TTerm : struct, ITerm
    {
        var total = 0.0;
        var step = (nuint)TLane.Count;
        for (nuint i = 0; i < (nuint)length;)
        {
            var end = Math.Min((nuint)length, i + Block);

            // Two chains of additions: one would wait for each result.
            var even = TLane.Create(0f);
            var odd = TLane.Create(0f);
            for (; i + (2 * step) <= end; i += 2 * step)
            {
                even = TLane.Add(even, term.Of<TLane, TVector>(TLane.Load(in x, i)));
                odd = TLane.Add(odd, term.Of<TLane, TVector>(TLane.Load(in x, i + step)));
            }

            if (i + step <= end)
            {
                even = TLane.Add(even, term.Of<TLane, TVector>(TLane.Load(in x, i)));
                i += step;
            }

            total += TLane.Sum(TLane.Add(even, odd));
            for (; i < end; i++)
            {
                total += term.Of<Lane1, float>(Lane1.Load(in x, i));
            }
        }

        return total;
    }
}
