using Microsoft.ML.OnnxRuntime;
using OnnxPipeline.Ort.CustomOps;

namespace OnnxPipeline.Ort;

/// <summary>Opens ONNX Runtime's sessions, with its options for <see cref="SessionSettings"/>.</summary>
internal static class SessionOpening
{
    /// <param name="name">What messages call the model.</param>
    /// <param name="open">Makes the session with the options.</param>
    /// <param name="kernels">Name and operator of every node that has a C# kernel; filled where a profile is taken.</param>
    /// <exception cref="OrtException">ONNX Runtime refuses the model.</exception>
    public static InferenceSession Open(string name, SessionSettings settings, Func<SessionOptions, InferenceSession> open, out IReadOnlySet<(string Node, string Operator)> kernels)
    {
        using var options = Options(settings);
        var made = new HashSet<(string Node, string Operator)>();
        kernels = made;
        try
        {
            Registration.Created = settings.Profile is null ? null : made;
            return open(options);
        }
        catch (OnnxRuntimeException e) when (settings.Device.Gpu is not null && CudaProvider.Trouble(e) is { } trouble)
        {
            throw new OrtException($"The device {settings.Device} cannot be used: {trouble}", e);
        }
        catch (OnnxRuntimeException e)
        {
            throw new OrtException($"{name}: ONNX Runtime refuses the model: {NativeRuntime.Line(e)}", e);
        }
        finally
        {
            Registration.Created = null;
        }
    }

    /// <exception cref="OrtException">The device cannot be used.</exception>
    public static SessionOptions Options(SessionSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.Threads, 1);
        NativeRuntime.Start();
        var options = new SessionOptions
        {
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            IntraOpNumThreads = settings.Threads,
            InterOpNumThreads = 1,
            EnableMemoryPattern = false, // a block for each set of shapes, beside what the arena holds already: a third of a training step's memory, no time
        };
        options.AddSessionConfigEntry("session.set_denormal_as_zero", "1"); // badly scaled activations otherwise slow matrix products by 10 times and more
        if (settings.Profile is { } path)
        {
            options.ProfileOutputPathPrefix = path;
            options.EnableProfiling = true;
        }

        if (settings.Device.Gpu is { } gpu)
        {
            CudaProvider.AddTo(options, gpu);
        }

        if (settings.Kernels)
        {
            CustomOpTable.AddTo(options);
        }

        return options;
    }
}
