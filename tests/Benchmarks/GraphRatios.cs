using System.Diagnostics;
using System.Reflection;
using BenchmarkDotNet.Attributes;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Benchmarks;

/// <summary>
/// The cases of every <see cref="GraphBenchmark"/>, C# kernels and bodies by turns, so that the ratio holds on a machine whose speed drifts.
/// <c>dotnet run -c Release --project tests/Benchmarks -- ratios [PART OF A NAME] [one]</c>; one: on one thread, which a busy machine disturbs least.
/// </summary>
internal static class GraphRatios
{
    private const int Pairs = 101;

    /// <summary>The runtime compiles a loop anew when it has run often, in the background.</summary>
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(1);

    public static void Run(string[] arguments)
    {
        var threads = arguments.Contains("one") ? 1 : PhysicalCores.Count;
        var part = arguments.FirstOrDefault(argument => argument != "one") ?? "";
        Console.WriteLine($"threads: {threads}; times are of the fastest tenth of the runs, the ratio is the median of {Pairs} pairs");
        Console.WriteLine("kernel ms  body ms  ratio");
        foreach (var type in typeof(GraphBenchmark).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(GraphBenchmark))))
        {
            PropertyInfo[] parameters = [.. type.GetProperties().Where(p => p.Name != nameof(GraphBenchmark.Kernel) && p.IsDefined(typeof(ParamsAttribute)))];
            foreach (var values in Combinations(parameters))
            {
                var name = $"{type.Name} {string.Join(", ", parameters.Zip(values, (p, v) => $"{p.Name}={v}"))}";
                if (!name.Contains(part, StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                var (kernel, body) = (Opened(type, parameters, values, threads, kernel: true), Opened(type, parameters, values, threads, kernel: false));
                for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Warmup;)
                {
                    kernel.Run();
                }

                var times = Enumerable.Range(0, Pairs).Select(_ => (Kernel: Time(kernel), Body: Time(body))).ToArray();
                kernel.Close();
                body.Close();
                var ratio = times.Select(t => t.Kernel / t.Body).Order().ElementAt(Pairs / 2);
                Console.WriteLine($"{Fast(times.Select(t => t.Kernel)),9:F3}  {Fast(times.Select(t => t.Body)),7:F3}  {ratio,5:F2}  {name}");
            }
        }
    }

    private static IEnumerable<object?[]> Combinations(PropertyInfo[] parameters) =>
        parameters.Aggregate(new List<object?[]> { Array.Empty<object?>() }.AsEnumerable(), (all, parameter) =>
            all.SelectMany(before => parameter.GetCustomAttribute<ParamsAttribute>()!.Values.Select(value => (object?[])[.. before, value])));

    private static GraphBenchmark Opened(Type type, PropertyInfo[] parameters, object?[] values, int threads, bool kernel)
    {
        var benchmark = (GraphBenchmark)Activator.CreateInstance(type)!;
        foreach (var (parameter, value) in parameters.Zip(values))
        {
            parameter.SetValue(benchmark, value);
        }

        (benchmark.Kernel, benchmark.Threads) = (kernel, threads);
        benchmark.Open();
        return benchmark;
    }

    private static double Time(GraphBenchmark benchmark)
    {
        var start = Stopwatch.GetTimestamp();
        benchmark.Run();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>What others on the machine did not disturb.</summary>
    private static double Fast(IEnumerable<double> values) => values.Order().ElementAt(Pairs / 10);
}
