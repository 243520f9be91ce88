using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>What one process says of its steps.</summary>
/// <param name="Milliseconds">Median time of a step.</param>
/// <param name="PeakMegabytes">VmHWM of the process, in 10⁶ bytes.</param>
/// <param name="Losses">Of the first step, before anything was learnt; of the first one after the warm-up; of the last.</param>
internal sealed record Measured(double Milliseconds, double PeakMegabytes, float[] Losses)
{
    /// <summary>Runs steps in this process and writes the result as the only line of standard output.</summary>
    public static void Report(Func<int, float> step, int warmup, int steps)
    {
        var times = new double[steps];
        var losses = new float[warmup + steps];
        for (var i = -warmup; i < steps; i++)
        {
            var start = Stopwatch.GetTimestamp();
            losses[i + warmup] = step(i + warmup);
            if (i >= 0)
            {
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        Array.Sort(times);
        Console.WriteLine(JsonSerializer.Serialize(new Measured(times[steps / 2], Peak(), [losses[0], losses[warmup], losses[^1]])));
    }

    /// <summary>This program with other arguments, in a process of its own.</summary>
    public static Measured InProcess(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<Measured>(output)!
            : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    /// <summary>VmHWM so far, in 10⁶ bytes.</summary>
    public static double Peak()
    {
        if (!OperatingSystem.IsLinux())
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64 / 1e6;
        }

        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6;
    }
}
