using OnnxPipeline.Ort;

namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>
/// Time and memory of a training step beside TorchSharp's, in processes that alternate, so that the ratio of a pair holds when the machine's
/// speed drifts.
/// </summary>
internal static class StepBenchmark
{
    /// <summary>Relative. Early losses differ by rounding alone; Adam divides by roots of gradients that are zero but for it, so that it grows from step to step.</summary>
    private const double EarlyTolerance = 1e-5, LastTolerance = 5e-3;

    /// <summary>Cross-entropy at every position; the same on the peer; only masked positions through the head.</summary>
    private static readonly string[] Sides = ["ours", "torch", "masked"];

    /// <summary><c>[gpt|bert] [PAIRS]</c>: all sides, each in processes of its own.</summary>
    public static void Compare(string[] arguments)
    {
        var name = arguments.FirstOrDefault(argument => !int.TryParse(argument, out _)) ?? "gpt";
        var pairs = int.TryParse(arguments.LastOrDefault(), out var given) ? given : 5;
        var (@case, warmup, steps) = Case(name);
        var sides = Sides[..(name == "bert" ? 3 : 2)];
        var taken = sides.ToDictionary(side => side, _ => new List<Measured>());
        Console.WriteLine($"{@case}, {PhysicalCores.Count} threads, median of {steps} steps");
        Console.WriteLine("pair" + string.Concat(sides.Select(side => $"{side,8} ms {side,8} MB")) + "   ours / torch");
        for (var pair = 1; pair <= pairs; pair++)
        {
            foreach (var side in sides)
            {
                taken[side].Add(Measured.InProcess("step-one", name, side));
            }

            Console.WriteLine($"{pair,4}" + string.Concat(sides.Select(side => $"{taken[side][^1].Milliseconds,11:F1} {taken[side][^1].PeakMegabytes,11:F0}")) + $"{Ratio(taken["ours"][^1], taken["torch"][^1]),15:F2}");
        }

        foreach (var side in sides.Where(side => side != "torch"))
        {
            var ratios = taken[side].Zip(taken["torch"], Ratio).Order().ToArray();
            var memory = taken[side].Max(one => one.PeakMegabytes) / taken["torch"].Min(one => one.PeakMegabytes);
            Console.WriteLine($"{side} / torch: median ratio of time {ratios[ratios.Length / 2]:F2} ({ratios[0]:F2} to {ratios[^1]:F2}), memory {memory:F2}");
        }

        var losses = taken["ours"][^1].Losses.Zip(taken["torch"][^1].Losses).ToArray();
        Agree("the first step", losses[0], EarlyTolerance);
        Agree($"step {warmup + 1}", losses[1], EarlyTolerance);
        Agree("the last step", losses[2], LastTolerance);
    }

    /// <summary><c>gpt|bert ours|torch|masked</c>: steps in this process; <see cref="Measured"/> on standard output.</summary>
    public static void One(string[] arguments)
    {
        var (@case, warmup, steps) = Case(arguments[0]);
        if (arguments[1] == "torch")
        {
            using var peer = new TorchStep(@case, PhysicalCores.Count);
            Measured.Report(peer.Step, warmup, steps);
        }
        else
        {
            using var ours = new OurStep(@case, arguments[1] == "masked", new SessionSettings());
            Measured.Report(ours.Step, warmup, steps);
        }
    }

    public static (LanguageCase Case, int Warmup, int Steps) Case(string name) => name switch
    {
        "gpt" => (LanguageCase.Gpt, 20, 100),
        "bert" => (LanguageCase.Bert, 2, 5),
        _ => throw new ArgumentException($"There is no case '{name}'; there are gpt and bert."),
    };

    /// <summary>Both start from the same values and see the same data: other losses would mean that the times are of different things.</summary>
    private static void Agree(string step, (float Ours, float Torch) losses, double tolerance)
    {
        var difference = Math.Abs(losses.Ours - losses.Torch) / losses.Torch;
        Environment.ExitCode = difference <= tolerance ? Environment.ExitCode : 1;
        Console.WriteLine($"loss of {step}: {losses.Ours:F6} and {losses.Torch:F6}, {(difference <= tolerance ? "equal" : "NOT EQUAL")} within {tolerance:E0} (difference {difference:E1})");
    }

    private static double Ratio(Measured ours, Measured peer) => ours.Milliseconds / peer.Milliseconds;
}
