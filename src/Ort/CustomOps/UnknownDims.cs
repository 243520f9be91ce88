using System.Runtime.InteropServices;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>
/// Dimensions that nothing is known of, in shapes that kernels hand on. ONNX Runtime writes such a one down as the number −1, and then folds what a Shape gives
/// into that number; one that has a name it leaves alone. The name is new each time: two unknown dimensions need not be the same.
/// </summary>
internal static unsafe class UnknownDims
{
    private static long _last;

    /// <summary>Gives every dimension of a TensorTypeAndShapeInfo that has neither number nor name a name.</summary>
    public static void Name(nint info)
    {
        NativeApi.Check(NativeApi.Rank(info, out var rank));
        if (rank is 0 or > TensorView.MostDims)
        {
            return;
        }

        var dims = stackalloc long[(int)rank];
        var names = stackalloc byte*[(int)rank];
        NativeApi.Check(NativeApi.Dims(info, dims, rank));
        NativeApi.Check(NativeApi.DimNames(info, names, rank));
        var copies = stackalloc byte*[(int)rank]; // setting the names frees those that are there
        for (var i = 0; i < (int)rank; i++)
        {
            var name = Marshal.PtrToStringUTF8((nint)names[i]);
            copies[i] = (byte*)Marshal.StringToCoTaskMemUTF8(dims[i] < 0 && string.IsNullOrEmpty(name) ? $"unknown_{Interlocked.Increment(ref _last)}" : name ?? "");
        }

        var status = NativeApi.SetDimNames(info, copies, rank);
        for (var i = 0; i < (int)rank; i++)
        {
            Marshal.FreeCoTaskMem((nint)copies[i]);
        }

        NativeApi.Check(status);
    }
}
