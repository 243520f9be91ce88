using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Cli.Verbs;

internal static class DoctorVerb
{
    public static Verb Create() => new("doctor", "What this build and this machine can do.", "--json", context =>
    {
        var report = new
        {
            Version = CommandLine.Version,
            Dotnet = RuntimeInformation.FrameworkDescription,
            Os = RuntimeInformation.OSDescription,
            Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
            InstructionSet = InstructionSet(),
            Cores = PhysicalCores.Count,
            LogicalCores = Environment.ProcessorCount,
        };
        context.Result.Write(report, result => result.Table(["what", "found"],
        [
            ["onnxpipe", report.Version],
            [".NET", report.Dotnet],
            ["system", $"{report.Os}, {report.Architecture}"],
            ["instruction set", report.InstructionSet],
            ["cores", $"{report.Cores} physical, {report.LogicalCores} logical, usable by this process"],
        ]));
    });

    private static string InstructionSet() =>
        Vector512.IsHardwareAccelerated ? "AVX-512"
        : Avx2.IsSupported ? "AVX2"
        : AdvSimd.IsSupported ? "NEON"
        : Vector128.IsHardwareAccelerated ? "128-bit vectors" : "none";
}
