using OnnxPipeline.Ort.CustomOps;

namespace OnnxPipeline.Ort;

/// <summary>The ONNX Runtime that this process runs on.</summary>
/// <param name="Build">Which runtime this program was built for: <c>Cpu</c>, <c>Gpu</c> or <c>Training</c>.</param>
/// <param name="Version">Of the native library.</param>
/// <param name="Providers">Its execution providers.</param>
/// <param name="Kernels">Operators with a C# kernel, domain and name.</param>
/// <param name="CudaTrouble">Why nothing can be computed with CUDA; null where it can.</param>
/// <param name="TrainingTrouble">Why Microsoft's TrainingSession cannot be used; null where it can.</param>
public sealed record RuntimeReport(string Build, string Version, IReadOnlyList<string> Providers, IReadOnlyList<string> Kernels, string? CudaTrouble, string? TrainingTrouble)
{
    /// <summary>What decides the last bits of what is computed, <c>1.31.1 (Cpu)</c>: version and build.</summary>
    public static string Name => $"{NativeRuntime.Version} ({NativeRuntime.Build})";

    /// <summary>Looks, which starts the runtime.</summary>
    public static RuntimeReport Take() => new(
        NativeRuntime.Build,
        NativeRuntime.Version,
        NativeRuntime.Providers,
        [.. CustomOpTable.Operators.Select(op => $"{op.Domain}::{op.Name}")],
        CudaProvider.Trouble(),
        NativeRuntime.TrainingTrouble);
}
