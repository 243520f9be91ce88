using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>A loop over elements, with what it carries along.</summary>
internal interface IPass
{
    /// <summary>Does whole vectors from <paramref name="i"/> on, while there are any.</summary>
    /// <returns>The first element left.</returns>
    nuint Run<TLane, TVector>(nuint i, nuint length)
        where TLane : struct, ILane<TVector>
        where TVector : unmanaged;
}

/// <summary>
/// Runs a loop in the widest vectors, what is left in narrower ones, the last elements one by one: for functions so long, or rows so short, that a
/// scalar tail would cost as much as the vectors.
/// </summary>
internal static class WidestFirst
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TPass>(ref TPass pass, int length)
        where TPass : struct, IPass, allows ref struct
    {
        nuint done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = pass.Run<Lane16, Vector512<float>>(done, (nuint)length);
            if (done == (nuint)length)
            {
                return; // the usual case, and calls are not free for short rows
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            done = pass.Run<Lane8, Vector256<float>>(done, (nuint)length);
        }

        if (Vector128.IsHardwareAccelerated)
        {
            done = pass.Run<Lane4, Vector128<float>>(done, (nuint)length);
        }

        if (done < (nuint)length)
        {
            pass.Run<Lane1, float>(done, (nuint)length);
        }
    }
}
