using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Ort;

/// <summary>ONNX Runtime's CUDA provider: in the native library or not, loadable here or not.</summary>
internal static partial class CudaProvider
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

    /// <summary>Why nothing can be computed with CUDA; null where it can. Opens a small session: that there is no GPU shows only then.</summary>
    public static string? Trouble()
    {
        using var options = new SessionOptions();
        if (Trouble(0, options) is { } trouble)
        {
            return trouble;
        }

        try
        {
            new InferenceSession(SmallModel(), options).Dispose();
            return null;
        }
        catch (OnnxRuntimeException e)
        {
            return Needs(e);
        }
    }

    /// <summary>What an error of a session on a GPU says of the device; null where it is not the device's.</summary>
    public static string? Trouble(OnnxRuntimeException error) => Failure().IsMatch(error.Message) ? Needs(error) : null;

    /// <summary>The reason in a message of the runtime: its words around it are of its own source files.</summary>
    internal static string Reason(string message)
    {
        var line = NativeRuntime.Line(message);
        if (Failure().Match(line) is { Success: true } failure)
        {
            return $"{failure.Groups[1].Value} error {failure.Groups[2].Value}: {failure.Groups[3].Value}";
        }

        var status = Status().Replace(line, "");
        var cause = status.IndexOf("with error: ", StringComparison.Ordinal);
        return cause < 0 ? status : status[(cause + "with error: ".Length)..];
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
            return Needs(e);
        }
    }

    private static string Needs(OnnxRuntimeException e) =>
        $"ONNX Runtime's CUDA provider needs an NVIDIA GPU with its driver, and the libraries of CUDA and cuDNN on the loader's path; found: {Reason(e.Message)}.";

    private static byte[] SmallModel()
    {
        var build = new GraphBuilder(new Graph("small"), 18);
        build.Output(build.Neg(build.Input("x", Files.ElementType.Float, [1])), "y");
        var model = new Model(build.Graph) { IrVersion = 8 };
        model.OpsetImports.Add("", 18);
        return ModelFile.ToBytes(model);
    }

    /// <summary>A call of a library of CUDA that failed: <c>CUDA failure 100: no CUDA-capable device is detected ; GPU=…</c></summary>
    [GeneratedRegex(@"\b(CUDA|CUDNN|CUBLAS) failure (-?\d+): (.*?) ;")]
    private static partial Regex Failure();

    /// <summary>Everything up to the code of an error: <c>[ErrorCode:Fail] /path/file.cc:1 function [ONNXRuntimeError] : 1 : FAIL : </c></summary>
    [GeneratedRegex(@"^(\[ErrorCode:\w+\] )?(.*\[ONNXRuntimeError\] : \d+ : \w+ : )?")]
    private static partial Regex Status();
}
