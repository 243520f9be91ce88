using System.Diagnostics;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

/// <summary>All other tests once more in a child process for each narrower lane; the child fails unless it really runs that lane.</summary>
public class LaneTests
{
    [TestCase("DOTNET_EnableAVX512", Lane.Vector256)]
    [TestCase("DOTNET_EnableAVX2", Lane.Vector128)]
    [TestCase("DOTNET_EnableHWIntrinsic", Lane.Scalar)]
    public void AllTests_InstructionSetOff_PassInNarrowerLane(string knob, Lane widest)
    {
        var lane = (Lane)Math.Min((int)LaneChoice.Current, (int)widest);
        var runtime = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory()); // ROOT/shared/Microsoft.NETCore.App/VERSION
        var host = Path.Combine(runtime.Parent!.Parent!.Parent!.FullName, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        var start = new ProcessStartInfo(host, [typeof(Program).Assembly.Location, lane.ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment[knob] = "0";

        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();

        Assert.That(child.ExitCode, Is.Zero, output + errors.Result);
        Assert.That(output, Does.StartWith($"{lane}: "));
    }
}
