using Microsoft.ML.OnnxRuntime;

namespace OnnxPipeline.Ort;

/// <summary>ONNX Runtime's options for <see cref="SessionSettings"/>.</summary>
internal static class SessionOptionsOf
{
    public static SessionOptions Create(SessionSettings settings)
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
        };
        options.AddSessionConfigEntry("session.set_denormal_as_zero", "1"); // badly scaled activations otherwise slow matrix products by 10 times and more
        return options;
    }
}
