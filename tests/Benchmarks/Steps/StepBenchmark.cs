using OnnxPipeline.Ort;

namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>
/// Time and memory of a training step beside TorchSharp's, in processes that alternate, so that the ratio of a pair holds when the machine's
/// speed drifts. <c>dotnet run -c Release --project tests/Benchmarks -- step [PAIRS]</c>.
/// </summary>
internal static class StepBenchmark
{
    private const int Warmup = 20;
    private const int Steps = 100;

    /// <returns>Whether the arguments were for this benchmark.</returns>
    public static bool Run(string[] arguments)
    {
        switch (arguments)
        {
            case ["step-torch", ..]:
                using (var peer = new TorchGpt(GptCase.Small, PhysicalCores.Count))
                {
                    Measured.Report(peer.Step, Warmup, Steps);
                }

                return true;
            case ["step-ours", ..]:
                using (var ours = new OurGpt(GptCase.Small, PhysicalCores.Count))
                {
                    Measured.Report(ours.Step, Warmup, Steps);
                }

                return true;
            case ["step", ..]:
                Compare(arguments.Length > 1 ? int.Parse(arguments[1]) : 5);
                return true;
            default:
                return false;
        }
    }

    private static void Compare(int pairs)
    {
        var ratios = new List<double>();
        Console.WriteLine($"GPT {GptCase.Small}, {PhysicalCores.Count} threads, median of {Steps} steps");
        Console.WriteLine("pair  ours ms  torch ms  ratio  ours MB  torch MB");
        for (var pair = 1; pair <= pairs; pair++)
        {
            var ours = Measured.InProcess("step-ours");
            var peer = Measured.InProcess("step-torch");
            ratios.Add(ours.Milliseconds / peer.Milliseconds);
            Console.WriteLine($"{pair,4}  {ours.Milliseconds,7:F1}  {peer.Milliseconds,8:F1}  {ratios[^1],5:F2}  {ours.PeakMegabytes,7:F0}  {peer.PeakMegabytes,8:F0}");
        }

        ratios.Sort();
        Console.WriteLine($"median ratio of time, ours / torch: {ratios[ratios.Count / 2]:F2}");
    }
}
