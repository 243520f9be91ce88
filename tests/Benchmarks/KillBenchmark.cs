using System.Diagnostics;
using System.Security.Cryptography;

namespace OnnxPipeline.Benchmarks;

/// <summary>
/// Kills a run of a small GPT with SIGKILL at random moments, goes on with it, and compares what it ends with with an undisturbed run: parameters,
/// optimizer state, the checkpoint for Microsoft's runtime, metrics (without the seconds) and samples. Needs the program to be built.
/// </summary>
internal static class KillBenchmark
{
    public static int Run(int kills)
    {
        var root = Directory.CreateTempSubdirectory("onnxpipe-kills-").FullName;
        try
        {
            return Run(root, kills);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static int Run(string root, int kills)
    {
        var (text, config, tokenizer) = (Path.Combine(root, "text.txt"), Path.Combine(root, "config.json"), Path.Combine(root, "tokenizer"));
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 4000).Select(i => $"{i} times {i % 7} is {i * (i % 7)}.\n")));
        File.WriteAllText(config, """{ "model_type": "gpt2", "vocab_size": 40, "n_positions": 32, "n_embd": 64, "n_layer": 2, "n_head": 2, "embd_pdrop": 0.1, "attn_pdrop": 0.1, "resid_pdrop": 0.1 }""");
        Finish(Start(root, "tokenizer", "train", "--kind", "char", "--vocab-size", "40", "--input", text, "--out", tokenizer));
        string[] start = ["pretrain", "--config", config, "--tokenizer", tokenizer, "--data", text, "--objective", "clm", "--batch-size", "4", "--steps", "600", "--eval-every", "40", "--save-every", "3", "--log-every", "2", "--early-stop", "20", "--group", "*.bias: lr=1e-3", "--seed", "5"];

        var (straight, disturbed) = (Path.Combine(root, "straight"), Path.Combine(root, "disturbed"));
        var clock = Stopwatch.StartNew();
        Finish(Start(root, [.. start, "--out", straight]));
        var whole = clock.Elapsed;
        Console.WriteLine($"undisturbed: {whole.TotalSeconds:0.0} s");

        var (random, wanted) = (new Random(1), Content(straight));
        var (done, midSave, beforeSave, runs, different) = (0, 0, 0, 0, 0);
        for (clock.Restart(); done < kills;)
        {
            using var process = Start(root, File.Exists(Path.Combine(disturbed, "run.json")) ? ["pretrain", "--resume", disturbed] : [.. start, "--out", disturbed]);
            if (process.WaitForExit(TimeSpan.FromSeconds(random.NextDouble() * Math.Min(whole.TotalSeconds / 2, 6))))
            {
                (runs, different) = (runs + 1, different + Compare(process, disturbed, wanted));
                Directory.Delete(disturbed, recursive: true);
                continue;
            }

            process.Kill(); // SIGKILL
            process.WaitForExit();
            done++;
            var checkpoints = Path.Combine(disturbed, "checkpoints");
            midSave += Directory.Exists(checkpoints) && Directory.EnumerateDirectories(checkpoints, ".step-*").Any() ? 1 : 0;
            beforeSave += Directory.Exists(Path.Combine(checkpoints, "last")) ? 0 : 1;
        }

        using (var last = Start(root, File.Exists(Path.Combine(disturbed, "run.json")) ? ["pretrain", "--resume", disturbed] : [.. start, "--out", disturbed]))
        {
            last.WaitForExit();
            (runs, different) = (runs + 1, different + Compare(last, disturbed, wanted));
        }

        Console.WriteLine($"{done} kills ({midSave} while a checkpoint was written, {beforeSave} before the first) in {clock.Elapsed.TotalSeconds:0} s; {runs} runs came to their end, {different} of them otherwise than the undisturbed one");
        return different == 0 ? 0 : 1;
    }

    private static int Compare(Process process, string run, IReadOnlyDictionary<string, string> wanted)
    {
        var found = process.ExitCode == 0 ? Content(run) : new Dictionary<string, string>();
        foreach (var (name, hash) in wanted.Where(pair => found.GetValueOrDefault(pair.Key) != pair.Value))
        {
            Console.WriteLine($"exit code {process.ExitCode}: {name} is {found.GetValueOrDefault(name) ?? "not there"}, wanted {hash}");
        }

        return wanted.All(pair => found.GetValueOrDefault(pair.Key) == pair.Value) ? 0 : 1;
    }

    /// <summary>Hashes of all that has to be the same.</summary>
    private static Dictionary<string, string> Content(string run)
    {
        var last = Path.Combine(run, "checkpoints", "last");
        var hashes = new[] { "model.safetensors", "state.safetensors", "checkpoint" }.ToDictionary(name => name, name => Hash(File.ReadAllBytes(Path.Combine(last, name))));
        hashes["samples.jsonl"] = Hash(File.ReadAllBytes(Path.Combine(run, "samples.jsonl")));
        hashes["metrics.csv"] = Hash(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', File.ReadLines(Path.Combine(run, "metrics.csv")).Select(line => line[..line.LastIndexOf(',')]))));
        return hashes;
    }

    private static string Hash(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));

    private static Process Start(string root, params string[] arguments)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "OnnxPipeline.sln")))
        {
            folder = folder.Parent;
        }

        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder.FullName, "src", "Cli", "bin", "Release", "net10.0", "onnxpipe.dll"), .. arguments, "--quiet"]) { RedirectStandardOutput = true };
        start.Environment["ONNXPIPE_CACHE"] = Path.Combine(root, "cache");
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static void Finish(Process process)
    {
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"The program ended with {process.ExitCode}: is it built (dotnet build src/Cli -c Release)?");
        }
    }
}
