using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort;

/// <summary>The process's ONNX Runtime: the one place where it is started, and where its messages become ours.</summary>
internal static partial class NativeRuntime
{
    private static readonly Lazy<OrtEnv> Started = new(Create);

    /// <summary>Starts the runtime where that has not happened; comes before every other call of it.</summary>
    public static void Start() => _ = Started.Value;

    /// <summary>The runtime's version: <c>1.31.1</c>.</summary>
    public static string Version => Started.Value.GetVersionString();

    /// <summary>The MSBuild property OrtRuntime: <c>Cpu</c>, <c>Gpu</c> or <c>Training</c>.</summary>
    public static string Build { get; } = typeof(NativeRuntime).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(data => data.Key == "OrtRuntime").Value!;

    /// <summary>Why there is no TrainingSession; null where there is.</summary>
    public static string? TrainingTrouble => NativeApi.HasTraining
        ? null
        : "the ONNX Runtime of this build has no training API; build with -p:OrtRuntime=Training, which takes the package Microsoft.ML.OnnxRuntime.Training.";

    public static string[] Providers => Started.Value.GetAvailableProviders();

    /// <summary>The message of an error of the runtime in one line.</summary>
    public static string Line(Exception e) => Line(e.Message);

    /// <summary>A text of several lines in one.</summary>
    public static string Line(string text) => string.Join(' ', text.Split((char[])['\r', '\n', '\t', ' '], StringSplitOptions.RemoveEmptyEntries));

    private static OrtEnv Create()
    {
        // Without it the runtime opens a database of usage data in the user's cache folder. .NET's own SetEnvironmentVariable does not reach
        // the environment of native code, except on Windows.
        const string Telemetry = "ORT_DISABLE_TELEMETRY";
        if (OperatingSystem.IsWindows())
        {
            Environment.SetEnvironmentVariable(Telemetry, "1");
        }
        else
        {
            SetEnv(Telemetry, "1", 1);
        }

        var options = new EnvironmentCreationOptions { logId = "onnxpipe", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        return OrtEnv.CreateInstanceWithOptions(ref options);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);
}
