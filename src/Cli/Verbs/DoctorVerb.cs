using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using OnnxPipeline.Kernels;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Cli.Verbs;

internal static class DoctorVerb
{
    public static Verb Create() => new("doctor", "What this build and this machine can do.", "--json", context =>
    {
        var runtime = RuntimeReport.Take();
        (string What, string? Trouble)[] optional = [("train on Microsoft's TrainingSession", runtime.TrainingTrouble), ("compute with CUDA", runtime.CudaTrouble)];
        var report = new
        {
            Version = CommandLine.Version,
            Dotnet = RuntimeInformation.FrameworkDescription,
            Os = RuntimeInformation.OSDescription,
            Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
            InstructionSet = InstructionSet(),
            Cores = PhysicalCores.Count,
            LogicalCores = Environment.ProcessorCount,
            Runtime = runtime.Version,
            OrtRuntime = runtime.Build,
            runtime.Providers,
            runtime.Kernels,
            Packages = Packages.Used(),
            Can = new[] { "train on the stock engine (CPU)", "serve (CPU)" }.Concat(optional.Where(o => o.Trouble is null).Select(o => o.What)),
            Cannot = optional.Where(o => o.Trouble is not null).Select(o => $"{o.What}: {o.Trouble}"),
        };
        context.Result.Write(report, result => result.Table(["what", "found"],
        [
            ["onnxpipe", report.Version],
            [".NET", report.Dotnet],
            ["system", $"{report.Os}, {report.Architecture}"],
            ["instruction set", report.InstructionSet],
            ["cores", $"{report.Cores} physical, {report.LogicalCores} logical, usable by this process"],
            ["ONNX Runtime", $"{report.Runtime}, built with OrtRuntime={report.OrtRuntime}"],
            .. report.Providers.Select(name => new[] { "provider", name }),
            .. report.Kernels.Select(name => new[] { "C# kernel", name }),
            .. report.Packages.Select(package => new[] { "package", $"{package.Key} {package.Value}" }),
            .. report.Can.Select(what => new[] { "can", what }),
            .. report.Cannot.Select(what => new[] { "cannot", what }),
        ]));
    });

    private static string InstructionSet() => LaneChoice.Current switch
    {
        Lane.Vector512 => "AVX-512",
        Lane.Vector256 => "AVX2",
        Lane.Vector128 => AdvSimd.IsSupported ? "NEON" : "128-bit vectors",
        _ => "none",
    };
}
