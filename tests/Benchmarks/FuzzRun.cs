using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using OnnxPipeline.Benchmarks.Steps;
using OnnxPipeline.Fuzz;

namespace OnnxPipeline.Benchmarks;

/// <summary>
/// Damaged models and tensor files, thousands of them, each on the way that every such file goes. They run in a process of their own, so that a crash or a
/// case that does not end is told with its number, and the run goes on behind it.
/// </summary>
internal static class FuzzRun
{
    private const int Patience = 60; // seconds for one case, on a machine that may be busy
    private const long MostMemory = 1L << 30;
    private const int TensorFilesEvery = 10;

    private sealed record Said(int Number, string? Stage = null, string? Bug = null, double Seconds = 0, double PeakMegabytes = 0);

    /// <returns>The exit code: 1 where a case showed a bug.</returns>
    public static int Run(int count, int seed)
    {
        var (stages, bugs, clock) = (new SortedDictionary<string, int>(), new List<string>(), Stopwatch.StartNew());
        var (slowest, peak) = (new Said(0), 0d);
        for (var next = 0; next < count;)
        {
            var (last, end) = Some(seed, next, count, said =>
            {
                (slowest, peak) = (said.Seconds > slowest.Seconds ? said : slowest, Math.Max(peak, said.PeakMegabytes));
                stages[said.Stage!] = stages.GetValueOrDefault(said.Stage!) + 1;
                if (said.Bug is not null)
                {
                    Tell($"case {said.Number}: {said.Bug}");
                }
            });
            if (end is not null)
            {
                Tell($"case {last}: {end}");
            }

            next = last + 1;
        }

        Console.WriteLine($"{count} cases with seed {seed} in {clock.Elapsed.TotalSeconds:F0} s: {string.Join(", ", stages.Select(s => $"{s.Key} {s.Value}"))}; the slowest took {slowest.Seconds:F1} s (case {slowest.Number}), memory at most {peak:F0} MB; {bugs.Count} bugs");
        return bugs.Count == 0 ? 0 : 1;

        void Tell(string bug)
        {
            bugs.Add(bug);
            Console.WriteLine(bug);
        }
    }

    /// <summary><c>SEED FROM TO</c>: the cases in this process, a line of JSON when one begins and when it has ended.</summary>
    public static void Some(string[] arguments)
    {
        var (seed, from, to) = (int.Parse(arguments[0]), int.Parse(arguments[1]), int.Parse(arguments[2]));
        var folder = Directory.CreateTempSubdirectory("onnxpipe-fuzz-");
        var tensors = folder.CreateSubdirectory("tensors").FullName;
        var models = folder.CreateSubdirectory("models").FullName;
        try
        {
            for (var number = from; number < to; number++)
            {
                Console.WriteLine(JsonSerializer.Serialize(new Said(number)));
                var clock = Stopwatch.StartNew();
                var (stage, bug) = ("bug", (string?)null);
                try
                {
                    stage = number % TensorFilesEvery == 0 ? $"tensors {(TensorCase.Run(seed, number / TensorFilesEvery, tensors) ? "read" : "refused")}" : $"model {ModelCase.Run(seed, number, models)}";
                }
                catch (Exception e)
                {
                    bug = $"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")} {string.Join(" < ", (e.StackTrace ?? "").Split('\n').Select(l => l.Trim()).Where(l => l.Contains("OnnxPipeline")).Take(4))}";
                }

                var peak = Measured.Peak();
                Console.WriteLine(JsonSerializer.Serialize(new Said(number, stage, bug ?? (peak * 1e6 > MostMemory ? $"the process has taken {peak:F0} MB" : null), clock.Elapsed.TotalSeconds, peak)));
                if (peak * 1e6 > MostMemory)
                {
                    break; // what comes would be blamed for it
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The bytes of a damaged model into a file: <c>SEED NUMBER FILE</c>.</summary>
    public static void Save(string[] arguments) => File.WriteAllBytes(arguments[2], ModelCase.Bytes(int.Parse(arguments[0]), int.Parse(arguments[1])));

    private static (int Last, string? End) Some(int seed, int from, int to, Action<Said> take)
    {
        to = Math.Min(to, from + 1000); // mappings of files live as long as the process
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["fuzz-some", $"{seed}", $"{from}", $"{to}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var lines = new BlockingCollection<string?>();
        process.OutputDataReceived += (_, line) => lines.Add(line.Data);
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var last = from - 1;
        while (lines.TryTake(out var line, TimeSpan.FromSeconds(Patience)))
        {
            if (line is null)
            {
                process.WaitForExit();
                return (Math.Max(last, from), process.ExitCode == 0 ? null : $"the process ended with {process.ExitCode}");
            }

            var said = JsonSerializer.Deserialize<Said>(line)!;
            last = said.Number;
            if (said.Stage is not null)
            {
                take(said);
            }
        }

        process.Kill();
        process.WaitForExit();
        return (Math.Max(last, from), $"no end after {Patience} s");
    }
}
