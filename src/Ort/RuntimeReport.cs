using OnnxPipeline.Ort.CustomOps;

namespace OnnxPipeline.Ort;

/// <summary>The ONNX Runtime that this process runs on.</summary>
/// <param name="Version">Of the native library.</param>
/// <param name="Providers">Its execution providers.</param>
/// <param name="Kernels">Operators with a C# kernel, domain and name.</param>
public sealed record RuntimeReport(string Version, IReadOnlyList<string> Providers, IReadOnlyList<string> Kernels)
{
    /// <summary>Looks, which starts the runtime.</summary>
    public static RuntimeReport Take() => new(NativeRuntime.Version, NativeRuntime.Providers, [.. CustomOpTable.Operators.Select(op => $"{op.Domain}::{op.Name}")]);
}
