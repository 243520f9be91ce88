using Microsoft.ML.OnnxRuntime;

namespace OnnxPipeline.Ort;

/// <summary>ONNX Runtime's CUDA provider: in the native library or not, loadable here or not.</summary>
internal static class CudaProvider
{
    private const string Name = "CUDAExecutionProvider";

    /// <summary>Lets a session compute on a GPU; what has no kernel there is computed on the CPU.</summary>
    /// <exception cref="OrtException">This build, or this machine, cannot.</exception>
    public static void AddTo(SessionOptions options, int gpu)
    {
        if (Trouble(gpu, options) is { } trouble)
        {
            throw new OrtException($"The device {Device.Cuda(gpu)} cannot be used: {trouble}");
        }
    }

    /// <summary>Why nothing can be computed with CUDA; null where it can.</summary>
    public static string? Trouble()
    {
        using var options = new SessionOptions();
        return Trouble(0, options);
    }

    private static string? Trouble(int gpu, SessionOptions options)
    {
        if (!NativeRuntime.Providers.Contains(Name))
        {
            return "the ONNX Runtime of this build has no CUDA provider; build with -p:OrtRuntime=Gpu, which takes the package Microsoft.ML.OnnxRuntime.Gpu.";
        }

        try
        {
            using var provider = new OrtCUDAProviderOptions();
            provider.UpdateOptions(new Dictionary<string, string>
            {
                ["device_id"] = $"{gpu}",
                ["arena_extend_strategy"] = "kSameAsRequested", // doubling would take twice a model's memory
                ["use_tf32"] = "0", // products in float32, as on the CPU and as PyTorch has it
            });
            options.AppendExecutionProvider_CUDA(provider);
            return null;
        }
        catch (OnnxRuntimeException e)
        {
            return $"ONNX Runtime's CUDA provider cannot be loaded; it needs an NVIDIA GPU with its driver, and the libraries of CUDA and cuDNN on the loader's path ({NativeRuntime.Line(e)})";
        }
    }
}
