using System.Globalization;

namespace OnnxPipeline.Ort;

/// <summary>What computes: the CPU, or an NVIDIA GPU through ONNX Runtime's CUDA provider.</summary>
/// <param name="Gpu">The number of the GPU, from 0; null: the CPU.</param>
public sealed record Device(int? Gpu)
{
    private const string CudaName = "cuda";

    public static Device Cpu { get; } = new((int?)null);

    public static Device Cuda(int gpu = 0) => new(gpu);

    /// <summary>Reads <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <exception cref="OrtException">It is none of them.</exception>
    public static Device Parse(string text) => text.Split(':') switch
    {
        ["cpu"] => Cpu,
        [CudaName] => Cuda(),
        [CudaName, var number] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var gpu) => Cuda(gpu),
        _ => throw new OrtException($"'{text}' is no device; there are cpu, cuda and cuda:N, N being the number of a GPU."),
    };

    public override string ToString() => Gpu is { } gpu ? $"{CudaName}:{gpu}" : "cpu";
}
