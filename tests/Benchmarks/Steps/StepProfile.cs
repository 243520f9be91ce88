using System.Globalization;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>
/// Where the time and the memory of our step go, operator by operator, beside the least they could take: products at the rate of the
/// machine's matrix product, everything else at the rate of its memory.
/// </summary>
internal static class StepProfile
{
    /// <summary>Their results are their inputs under another shape, or no data at all.</summary>
    private static readonly HashSet<string> Views = ["Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Shape", "Size"];

    /// <summary><c>gpt|bert [masked]</c></summary>
    public static void Run(string[] arguments)
    {
        var (@case, warmup, steps) = StepBenchmark.Case(arguments.FirstOrDefault() ?? "gpt");
        var runs = warmup + steps;
        var limits = MachineLimits.Measure(@case);
        var profile = Path.Combine(Path.GetTempPath(), $"onnxpipe-profile-{Environment.ProcessId}");
        using var ours = new OurStep(@case, arguments.Contains("masked"), new SessionSettings { Profile = profile });
        for (var step = 0; step < runs; step++)
        {
            ours.Step(step);
        }

        var nodes = ours.Engine.EndProfile().Nodes.Select(node => Views.Contains(node.Operator) ? node with { Bytes = 0, OutputBytes = 0 } : node).ToList();
        Console.WriteLine($"{@case}{(arguments.Contains("masked") ? ", masked positions only" : "")}, {PhysicalCores.Count} threads, mean of {runs} steps, profiled");
        Console.WriteLine($"{limits.Products / 1e9:F0} billion multiplications and additions a second ({2 * limits.Products / 1e9:F0} GFLOP/s), {limits.Bytes / 1e9:F1} GB/s");
        Console.WriteLine();
        Console.WriteLine($"{"operator",-32}{"by",-6}{"nodes",7}{"ms",10}{"share",8}{"MB",10}{"floor ms",10}");
        var all = nodes.Sum(node => node.Microseconds) / 1e3 / runs;
        foreach (var op in nodes.GroupBy(node => (node.Operator, node.Provider)).OrderByDescending(op => op.Sum(node => node.Microseconds)))
        {
            Row(op.Key.Operator, op.Key.Provider == "C#" ? "C#" : "ORT", op.Count(), op.Sum(node => node.Microseconds) / 1e3 / runs, op.Sum(node => (double)node.Bytes) / runs, op.Sum(node => node.Products) / runs);
        }

        var parts = Array.ConvertAll(ours.Parts, part => part.TotalMilliseconds / runs);
        var parameters = ours.Engine.Parameters.Where(p => p.Trainable).Sum(p => p.Dims.Aggregate(4.0, (bytes, dim) => bytes * dim));
        Console.WriteLine();
        Row("all nodes", "", nodes.Count, all, nodes.Sum(node => (double)node.Bytes) / runs, nodes.Sum(node => node.Products) / runs);
        Row("between nodes", "", 0, parts[1] - all, 0, 0);
        Row("inputs", "", 0, parts[0], 0, 0);
        Row("norm of the gradients", "C#", 0, parts[2], parameters, 0);
        Row("optimizer", "C#", 0, parts[3], 7 * parameters, 0); // reads p, g, m, v; writes p, m, v
        Console.WriteLine($"the step: {parts.Sum():F1} ms; its products alone, counted from the model: {1e3 * @case.Products / limits.Products:F1} ms");
        Console.WriteLine();
        Console.WriteLine($"parameters {parameters / 1e6:F0} MB, as much for gradients, twice for moments; most of VmHWM {Measured.Peak():F0} MB. The largest results:");
        foreach (var node in nodes.OrderByDescending(node => node.OutputBytes).Take(10))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{node.OutputBytes / 1e6,8:F1} MB  {node.Operator}  {node.Node}"));
        }

        void Row(string name, string by, int count, double milliseconds, double bytes, double products) => Console.WriteLine(
            $"{name,-32}{by,-6}{count,7}{milliseconds,10:F1}{milliseconds / all,8:P0}{bytes / 1e6,10:F0}{1e3 * (products > 0 ? products / limits.Products : bytes / limits.Bytes),10:F1}");
    }
}
