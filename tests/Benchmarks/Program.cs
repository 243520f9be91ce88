using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using OnnxPipeline.Benchmarks;
using OnnxPipeline.Benchmarks.Datasets;
using OnnxPipeline.Benchmarks.Steps;

// `dotnet run -c Release --project tests/Benchmarks -- COMMAND …`
var commands = new Dictionary<string, (string Arguments, string What, Func<string[], Task> Run)>
{
    ["step"] = ("[gpt|bert] [PAIRS]", "time and memory of a training step beside TorchSharp's, in processes that alternate; exit code 1 if their losses differ", Now(StepBenchmark.Compare)),
    ["step-one"] = ("gpt|bert ours|torch|masked", "one side of it in this process", Now(StepBenchmark.One)),
    ["step-profile"] = ("gpt|bert [masked]", "where our step's time and memory go, beside the least they could take", Now(StepProfile.Run)),
    ["serving"] = ("[MODEL.onnx [LENGTH]]", "calls per second through the wire beside a bare session", given => ServingRate.Run(given.ElementAtOrDefault(0), long.Parse(given.ElementAtOrDefault(1) ?? "32"))),
    ["kernels"] = ("[--filter *AdamW*]", "C# kernels beside plain loops, with BenchmarkDotNet; all of them without a filter", Now(Kernels)),
    ["kills"] = ("[N]", "kills a run N times at random moments and compares what it ends with; exit code 1 if it differs", Now(given => Environment.ExitCode = KillBenchmark.Run(int.Parse(given.ElementAtOrDefault(0) ?? "100")))),
    ["data"] = ("[MB [TEXT]]", "rows and bytes a second of safetensors rows and of text, to ids and to batches, and memory", Now(DatasetBenchmark.Compare)),
    ["data-one"] = ("rows|clm|mlm FOLDER", "one kind of it in this process", Now(DatasetBenchmark.One)),
    ["artifacts"] = ("[MICROSOFT'S ARTIFACTS]…", "time and memory of making artifacts, by depth too; nodes beside those of Microsoft's tool for folders of its own", Now(ArtifactCost.Run)),
    ["artifacts-one"] = ("MODEL OUT", "one of them in this process", Now(ArtifactCost.One)),
    ["fuzz"] = ("[N] [SEED]", "N damaged models and tensor files, read and made artifacts of; exit code 1 if one shows a bug", Now(given => Environment.ExitCode = FuzzRun.Run(int.Parse(given.ElementAtOrDefault(0) ?? "10000"), int.Parse(given.ElementAtOrDefault(1) ?? "0")))),
    ["fuzz-some"] = ("SEED FROM TO", "some of them in this process", Now(FuzzRun.Some)),
    ["fuzz-save"] = ("SEED NUMBER FILE", "the damaged model of a case, to look at", Now(FuzzRun.Save)),
    ["ratios"] = ("[PART OF A NAME] [one]", "small graphs with C# kernels and with bodies, by turns; one: on one thread", Now(GraphRatios.Run)),
};

if (args.Length > 0 && commands.TryGetValue(args[0], out var command))
{
    await command.Run(args[1..]);
    return Environment.ExitCode;
}

foreach (var (name, (arguments, what, _)) in commands)
{
    Console.Error.WriteLine($"{$"{name} {arguments}",-40}{what}");
}

return args.Length == 0 ? 0 : 64;

static Func<string[], Task> Now(Action<string[]> run) => given =>
{
    run(given);
    return Task.CompletedTask;
};

static void Kernels(string[] given)
{
    var job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance); // in this process: nothing is generated or built
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(given.Length == 0 ? ["--filter", "*"] : given, DefaultConfig.Instance.AddJob(job));
}
