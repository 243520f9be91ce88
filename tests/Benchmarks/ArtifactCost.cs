using System.Diagnostics;
using System.Text.Json;
using OnnxPipeline.Artifacts;
using OnnxPipeline.Benchmarks.Steps;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Models;

namespace OnnxPipeline.Benchmarks;

/// <summary>
/// What artifacts cost: time and memory for a GPT-2 of 124 million parameters, time by depth, and nodes of the training graph beside what Microsoft's tool
/// made of the same forward graph. Every model has a process of its own; CPU time is what to compare where others use the machine.
/// </summary>
internal static class ArtifactCost
{
    private static readonly int[] Depths = [100, 300, 1000];

    /// <param name="folders">Of Microsoft's tool: <c>model.onnx</c> and <c>training_model.onnx</c> made of it.</param>
    public static void Run(string[] folders)
    {
        var root = Directory.CreateTempSubdirectory("onnxpipe-artifacts-").FullName;
        try
        {
            Gpt2(root);
            ByDepth(root);
            Nodes(root, folders);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary><c>MODEL OUT</c>: makes artifacts in this process; <see cref="Cost"/> on standard output.</summary>
    public static void One(string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        var path = ModelPath.Find(arguments[0]);
        using (var target = OutputTarget.Folder(arguments[1], force: true))
        {
            ArtifactWriter.Write(ModelFile.Load(path.File), new ArtifactOptions { Known = path.OwnManifest() }, target);
            target.Commit();
        }

        using var process = Process.GetCurrentProcess();
        Console.WriteLine(JsonSerializer.Serialize(new Cost(clock.Elapsed.TotalSeconds, process.TotalProcessorTime.TotalSeconds, Measured.Peak())));
    }

    private sealed record Cost(double Seconds, double CpuSeconds, double PeakMegabytes);

    private static void Gpt2(string root)
    {
        var model = Create(root, "gpt2", 50257, 1024, 768, 12, 12);
        var bytes = new FileInfo(Path.Combine(model, ModelPath.FileName)).Length;
        for (var run = 1; run <= 3; run++)
        {
            var cost = Measure(model, root);
            Console.WriteLine($"GPT-2 124M, run {run}: {cost.Seconds:F1} s, {cost.CpuSeconds:F1} s of CPU, {cost.PeakMegabytes:F0} MB, {cost.PeakMegabytes * 1e6 / bytes:F2} of the model's bytes");
        }
    }

    private static void ByDepth(string root)
    {
        var models = Depths.ToDictionary(depth => depth, depth => Create(root, $"deep-{depth}", 64, 16, 32, depth, 2));
        var runs = Enumerable.Range(0, 3).Select(_ => models.ToDictionary(m => m.Key, m => Measure(m.Value, root))).ToList(); // by turns
        var median = Depths.ToDictionary(depth => depth, depth => runs.Select(run => run[depth].CpuSeconds).Order().ElementAt(1));
        foreach (var depth in Depths)
        {
            Console.WriteLine($"{depth,4} layers: {median[depth]:F2} s of CPU, {median[depth] / median[Depths[0]]:F1} times those of {Depths[0]} layers; {runs[0][depth].PeakMegabytes:F0} MB");
        }
    }

    private static void Nodes(string root, string[] folders)
    {
        foreach (var folder in folders)
        {
            var output = Path.Combine(root, "nodes");
            Measure(Path.Combine(folder, ModelPath.FileName), root, output);
            var (ours, theirs) = (Count(Path.Combine(output, "training_model.onnx")), Count(Path.Combine(folder, "training_model.onnx")));
            Console.WriteLine($"{Path.GetFileName(folder)}: {ours} nodes, Microsoft's tool {theirs}, ratio {(double)ours / theirs:F2}");
        }
    }

    private static int Count(string path) => ModelFile.Load(path).Graph.Nodes.Count;

    private static string Create(string root, string name, int vocabulary, int positions, int width, int layers, int heads)
    {
        var config = JsonSerializer.SerializeToUtf8Bytes(new
        {
            model_type = "gpt2", vocab_size = vocabulary, n_positions = positions, n_embd = width, n_layer = layers, n_head = heads, embd_pdrop = 0.0, attn_pdrop = 0.0, resid_pdrop = 0.0,
        });
        using var target = OutputTarget.Folder(Path.Combine(root, name), force: true);
        ModelFolder.Create(ConfigFile.Parse(config, name), new BuildOptions("clm", WithLoss: false, Seed: 0), target);
        target.Commit();
        return target.FinalPath;
    }

    private static Cost Measure(string model, string root, string? output = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["artifacts-one", model, output ?? Path.Combine(root, "out")]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<Cost>(said)! : throw new InvalidOperationException($"Artifacts of {model} ended with {process.ExitCode}.");
    }
}
