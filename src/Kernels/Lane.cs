namespace OnnxPipeline.Kernels;

/// <summary>The vector width the kernels of this process run at. It follows from the processor (and from the runtime's
/// <c>DOTNET_EnableAVX512</c>, <c>DOTNET_EnableAVX2</c> and <c>DOTNET_EnableHWIntrinsic</c>) and never changes while the process runs.</summary>
public enum Lane
{
    /// <summary>One float at a time.</summary>
    Scalar = 1,

    /// <summary>Four floats (SSE, NEON).</summary>
    Vector128 = 4,

    /// <summary>Eight floats (AVX2).</summary>
    Vector256 = 8,

    /// <summary>Sixteen floats (AVX-512).</summary>
    Vector512 = 16,
}
