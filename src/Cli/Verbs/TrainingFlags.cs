using System.CommandLine;
using System.Diagnostics;
using OnnxPipeline.Files;
using OnnxPipeline.Training;

namespace OnnxPipeline.Cli.Verbs;

/// <summary>The flags that all training verbs take, what each does to a configuration, and how a run is started or gone on with.</summary>
internal sealed class TrainingFlags
{
    private readonly Option<string> _out = Flags.Text("--out", "RUN", "Folder of the new run.");
    private readonly Option<string> _resume = Flags.Text("--resume", "RUN", "Go on with a run where its last checkpoint stands, bit for bit.");
    private readonly RunConfigFlag _runConfig = new();
    private readonly List<Flag> _flags = [];

    /// <param name="defaults">For the help.</param>
    /// <param name="optimizer">Where the optimizer's values come from, for the help; null: from <paramref name="defaults"/>.</param>
    public TrainingFlags(RunConfig defaults, string? optimizer = null)
    {
        var d = defaults;
        Add(Flags.Count("--batch-size", $"Examples per micro-batch [{d.BatchSize}].", most: int.MaxValue), (c, n) => c with { BatchSize = (int)n!.Value });
        Add(Flags.Count("--accumulation", $"Micro-batches per step [{d.Accumulation}].", most: int.MaxValue), (c, n) => c with { Accumulation = (int)n!.Value });
        Add(Flags.Count("--steps", "Optimizer steps of the run."), (c, n) => c with { Steps = n });
        Add(Flags.Number("--epochs", "Passes over the data, instead of --steps [1].", least: 0), (c, n) => c with { Epochs = n });
        Add(Flags.Switch("--no-shuffle", "Examples in file order."), (c, given) => c with { Shuffle = !given });
        Optimizer = Add(Flags.Choice("--optimizer", $"Update rule [{optimizer ?? d.Optimizer}].", "adamw", "sgd"), (c, kind) => c with { Optimizer = kind });
        Add(Flags.Number("--lr", $"Learning rate [{optimizer ?? $"{d.Lr}"}].", least: 0), (c, n) => c with { Lr = n!.Value });
        Add(Flags.Pair("--betas", $"AdamW: decay of the two moments [{optimizer ?? $"{d.Beta1},{d.Beta2}"}]."), (c, pair) => c with { Beta1 = pair!.Value.First, Beta2 = pair.Value.Second });
        Add(Flags.Number("--eps", $"AdamW: ε [{optimizer ?? $"{d.Eps}"}].", least: 0), (c, n) => c with { Eps = n!.Value });
        Add(Flags.Number("--weight-decay", $"Weight decay [{optimizer ?? $"{d.WeightDecay}, none on biases and normalization"}].", least: 0), (c, n) => c with { WeightDecay = n!.Value });
        Add(Flags.Number("--momentum", $"SGD: momentum [{optimizer ?? $"{d.Momentum}"}].", least: 0), (c, n) => c with { Momentum = n!.Value });
        Add(Flags.Number("--max-grad-norm", $"Clip gradients to this global norm [{optimizer ?? $"{d.MaxGradNorm}"}].", least: 0), (c, n) => c with { MaxGradNorm = n });
        Add(Flags.Count("--adam-mode", $"0: as PyTorch; 1: as old Transformers [{optimizer ?? $"{d.AdamMode}"}].", least: 0, most: 1), (c, n) => c with { AdamMode = (int)n!.Value });
        Add(Flags.Choice("--schedule", $"The learning rate over the run [{d.Schedule}].", [.. Schedule.Kinds]), (c, kind) => c with { Schedule = kind });
        Add(Flags.Parsed("--warmup", "N|P%", $"Steps in which the learning rate rises, or their share of all [{d.Warmup}].", text => (Warmup?)Warmup.Parse(text)), (c, warmup) => c with { Warmup = warmup!.Value });
        Add(Flags.Number("--min-lr", $"Where cosine ends [{d.MinLr}].", least: 0), (c, n) => c with { MinLr = n!.Value });
        Add(Flags.Many("--group", "\"GLOB: lr=F, weight-decay=F\"", "Values of the parameters that a pattern matches; the later one wins."), (c, groups) => c with { Group = groups });
        Add(Flags.Many("--no-decay", "GLOB", "Parameters without weight decay."), (c, patterns) => c with { NoDecay = patterns });
        Add(Flags.Count("--eval-every", "Steps between evaluations [each epoch]."), (c, n) => c with { EvalEvery = n });
        Add(Flags.Count("--save-every", "Steps between checkpoints [each epoch]."), (c, n) => c with { SaveEvery = n });
        Add(Flags.Count("--keep-steps", $"How many checkpoints step-N stay, besides best and last [{d.KeepSteps}].", least: 0, most: int.MaxValue), (c, n) => c with { KeepSteps = (int)n!.Value });
        Add(Flags.Count("--log-every", $"Steps per row of metrics.csv, which has their mean [{d.LogEvery}].", most: int.MaxValue), (c, n) => c with { LogEvery = (int)n!.Value });
        Add(Flags.Choice("--engine", $"What trains: our own engine on stock ONNX Runtime, or Microsoft's TrainingSession (builds with -p:OrtRuntime=Training) [{d.Engine}].", [.. EngineChoice.Names]), (c, engine) => c with { Engine = engine });
        Add(Flags.Count("--early-stop", "End after N evaluations without a better one [off]."), (c, n) => c with { EarlyStop = n });
    }

    public Option<string> Optimizer { get; }

    /// <summary>A flag, and what its value does to a configuration when it is given.</summary>
    private sealed record Flag(Option Option, Func<VerbContext, RunConfig, RunConfig> Apply);

    /// <summary>Adds a flag of the verb's own that is part of the configuration.</summary>
    public Option<T> Add<T>(Option<T> option, Func<RunConfig, T, RunConfig> apply)
    {
        _flags.Add(new Flag(option, (context, config) => apply(config, context.Get(option)!)));
        return option;
    }

    /// <summary>Puts all flags on the verb.</summary>
    public Verb On(Verb verb)
    {
        foreach (var option in _flags.Select(flag => flag.Option).Prepend(_runConfig.Option).Prepend(_resume).Prepend(_out))
        {
            verb.Add(option);
        }

        verb.Expand = parse => _runConfig.Expand(parse, verb.Path, [.. _flags.Select(flag => flag.Option), .. parse.RootCommandResult.Command.Options.Where(option => option.Name is "--seed" or "--threads" or "--device")]);
        return verb;
    }

    /// <summary>Starts the run that the flags describe, or goes on with the one that <c>--resume</c> names, and writes its result.</summary>
    /// <param name="defaults">Of a new run: what the flags that are given are put on.</param>
    /// <param name="parts">What a configuration takes to run.</param>
    /// <param name="resolved">Completes the configuration of a new run; null: it is complete.</param>
    public void Run(VerbContext context, string verb, Func<RunConfig> defaults, Func<RunConfig, TrainRun.Parts> parts, Func<RunConfig, RunConfig>? resolved = null)
    {
        var progress = new Live(context.Progress);
        var path = context.Get(_resume);
        RunResult result;
        try
        {
            if (path is not null)
            {
                if (context.Get(_out) is not null || context.Force)
                {
                    throw new UsageException("--resume goes on with a run in its own folder; --out and --force are for new runs.");
                }

                result = TrainRun.Resume(path, verb, Changes(context), parts, context.Progress.Say, progress, context.Cancellation);
            }
            else
            {
                path = context.Need(_out, "--resume");
                var config = Given(context).Aggregate(defaults() with { Seed = context.Seed, Threads = context.Threads, Device = context.Device.ToString() }, (c, flag) => flag.Apply(context, c));
                OptimizerFlags.RequireOwn(context.Given, config.Optimizer);
                config = resolved?.Invoke(config) ?? config;
                result = TrainRun.Start(config, parts(config), path, context.Force, progress, context.Cancellation);
            }
        }
        catch (OperationCanceledException) when (path is not null && Path.Exists(Path.Combine(path, "checkpoints", "last")))
        {
            context.Progress.Say($"Saved. Go on with: onnxpipe {verb} --resume {ShellWord.Of(path)}");
            throw;
        }

        if (result is { Tokens: 0, Step: > 0 })
        {
            context.Progress.Warn("No label counted in the whole run: the parameters are as they were.");
        }

        path = Path.GetFullPath(path);
        context.Result.Write(new { Run = path, result.Status, result.Step, result.Loss, result.EvalLoss, result.BestLoss, result.BestMetric, result.BestStep, result.Tokens, result.Seconds, result.Reason }, people => people.Table(["run", path],
        [
            ["status", result.Status],
            ["steps", $"{result.Step}: {result.Reason}"],
            ["loss", $"{result.Loss:0.####}"],
            .. result.EvalLoss is null ? Array.Empty<string[]>() : [["eval loss", $"{result.EvalLoss:0.####}, best {(result.BestMetric is { } metric ? $"{metric:0.####} with loss " : "")}{result.BestLoss:0.####} after step {result.BestStep}"]],
            ["tokens", result.Tokens.ToString()],
            ["seconds", $"{result.Seconds:0.#}"],
            ["try next", $"onnxpipe export --run {ShellWord.Of(path)} --out MODEL"],
        ]));
    }

    private IEnumerable<Flag> Given(VerbContext context) => _flags.Where(flag => context.Given.Contains(flag.Option.Name));

    private IReadOnlyList<TrainRun.Change> Changes(VerbContext context) =>
    [
        .. Given(context).Select(flag => new TrainRun.Change(flag.Option.Name, config => flag.Apply(context, config))),
        .. context.GivenSeed is { } seed ? [new TrainRun.Change("--seed", config => config with { Seed = seed })] : Array.Empty<TrainRun.Change>(),
        .. context.GivenThreads is { } threads ? [new TrainRun.Change("--threads", config => config with { Threads = threads })] : Array.Empty<TrainRun.Change>(),
        .. context.GivenDevice is { } device ? [new TrainRun.Change("--device", config => config with { Device = device.ToString() })] : Array.Empty<TrainRun.Change>(),
    ];

    /// <summary>Tells at once, on the thread that trains, ten times a second at most.</summary>
    private sealed class Live(Progress progress) : IProgress<TrainProgress>
    {
        private long _last;

        public void Report(TrainProgress value)
        {
            if (value.Sample is { } sample)
            {
                progress.Say($"step {sample.Step} · {sample.Prompt} → {sample.Text}".ReplaceLineEndings("⏎"));
            }

            if (_last == 0 || Stopwatch.GetElapsedTime(_last).TotalSeconds >= 0.1)
            {
                _last = Stopwatch.GetTimestamp();
                progress.Update(value.ToString());
            }
        }
    }
}
