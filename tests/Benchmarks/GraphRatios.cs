using System.Diagnostics;
using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace OnnxPipeline.Benchmarks;

/// <summary>
/// The cases of every <see cref="GraphBenchmark"/>, C# kernels and bodies by turns, so that the ratio holds on a machine whose speed drifts.
/// <c>dotnet run -c Release --project tests/Benchmarks -- ratios [PART OF A NAME]</c>.
/// </summary>
internal static class GraphRatios
{
    private const int Pairs = 101;

    /// <summary>The runtime compiles a loop anew when it has run often, in the background.</summary>
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(1);

    public static void Run(string part)
    {
        Console.WriteLine("kernel ms  body ms  ratio  (of the fastest tenth of the runs)");
        foreach (var type in typeof(GraphBenchmark).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(GraphBenchmark)) && t.Name.Contains(part, StringComparison.OrdinalIgnoreCase)))
        {
            PropertyInfo[] parameters = [.. type.GetProperties().Where(p => p.Name != nameof(GraphBenchmark.Kernel) && p.IsDefined(typeof(ParamsAttribute)))];
            foreach (var values in Combinations(parameters))
            {
                var (kernel, body) = (Opened(type, parameters, values, kernel: true), Opened(type, parameters, values, kernel: false));
                for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Warmup;)
                {
                    kernel.Run();
                }

                var times = Enumerable.Range(0, Pairs).Select(_ => (Kernel: Time(kernel), Body: Time(body))).ToArray();
                kernel.Close();
                body.Close();
                var (ours, theirs) = (Fast(times.Select(t => t.Kernel)), Fast(times.Select(t => t.Body)));
                Console.WriteLine($"{ours,9:F3}  {theirs,7:F3}  {ours / theirs,5:F2}  {type.Name} {string.Join(", ", parameters.Zip(values, (p, v) => $"{p.Name}={v}"))}");
            }
        }
    }

    private static IEnumerable<object?[]> Combinations(PropertyInfo[] parameters) =>
        parameters.Aggregate(new List<object?[]> { Array.Empty<object?>() }.AsEnumerable(), (all, parameter) =>
            all.SelectMany(before => parameter.GetCustomAttribute<ParamsAttribute>()!.Values.Select(value => (object?[])[.. before, value])));

    private static GraphBenchmark Opened(Type type, PropertyInfo[] parameters, object?[] values, bool kernel)
    {
        var benchmark = (GraphBenchmark)Activator.CreateInstance(type)!;
        foreach (var (parameter, value) in parameters.Zip(values))
        {
            parameter.SetValue(benchmark, value);
        }

        benchmark.Kernel = kernel;
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
