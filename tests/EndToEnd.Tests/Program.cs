using System.Diagnostics;
using NUnit.Framework;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>The program as users start it: a process of its own.</summary>
internal static class Program
{
    /// <summary>What takes so long hangs, on a busy machine too.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private static string Assembly => Path.Combine(AppContext.BaseDirectory, "onnxpipe.dll");

    /// <summary>How a call ended. <paramref name="Code"/> is 128 + the signal where one ended it.</summary>
    public sealed record Ending(int Code, string Output, string Error);

    /// <summary>Runs a call to its end.</summary>
    public static Ending Run(params IEnumerable<string> args) => Run(args, _ => { });

    /// <summary>Runs a call; <paramref name="meanwhile"/> is called once it is started.</summary>
    public static Ending Run(IEnumerable<string> args, Action<Process> meanwhile) => Finish(new ProcessStartInfo("dotnet", [Assembly, .. args]), meanwhile);

    /// <summary>Runs a call that gets a signal as soon as something holds, if it has not ended by then.</summary>
    public static Ending Interrupt(IEnumerable<string> args, Func<bool> until, string signal = "TERM") => Finish(Listening(["dotnet", Assembly, .. args]), process =>
    {
        Wait(() => process.HasExited || until());
        Signal(process, signal);
    });

    /// <summary>
    /// A process that SIGINT ends unless it handles it. Shells ignore that signal in what they start with &amp;, the tests perhaps, and an ignored signal is inherited; programs
    /// leave it so, ours too.
    /// </summary>
    private static ProcessStartInfo Listening(string[] words)
    {
        const string Status = "/proc/self/status", Ignored = "SigIgn:";
        var isIgnored = File.Exists(Status) && Convert.ToUInt64(File.ReadLines(Status).First(line => line.StartsWith(Ignored, StringComparison.Ordinal))[Ignored.Length..].Trim(), 16) is var set && (set & 2) != 0;
        return isIgnored ? new("env", ["--default-signal=INT", .. words]) : new(words[0], words[1..]);
    }

    /// <summary>Runs a script of bash, in which <c>onnxpipe</c> is the program.</summary>
    public static Ending Script(string script, params IEnumerable<string> shell)
    {
        var words = shell.Concat(["bash", "-c", $"onnxpipe() {{ dotnet '{Assembly}' \"$@\"; }}\n{script}"]).ToArray();
        return Finish(new ProcessStartInfo(words[0], words[1..]), _ => { });
    }

    /// <summary>Runs a call that has to succeed, and gives its standard output.</summary>
    public static string Ok(params IEnumerable<string> args)
    {
        var ending = Run(args);
        Assert.That(ending.Code, Is.Zero, $"{string.Join(' ', args)}: {ending.Error}");
        return ending.Output;
    }

    /// <summary>Waits until something holds, at most a minute.</summary>
    public static void Wait(Func<bool> until)
    {
        for (var clock = Stopwatch.StartNew(); !until() && clock.Elapsed < TimeSpan.FromMinutes(1); Thread.Sleep(2))
        {
        }
    }

    /// <summary>Sends a signal by name, such as <c>INT</c>.</summary>
    public static void Signal(Process process, string name) => Process.Start("kill", [$"-{name}", process.Id.ToString()]).WaitForExit();

    private static Ending Finish(ProcessStartInfo start, Action<Process> meanwhile)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = start.RedirectStandardInput = true;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        meanwhile(process);
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"Still running after {Limit}: {string.Join(' ', start.ArgumentList)}");
        }

        return new Ending(process.ExitCode, output.Result, error.Result);
    }
}
