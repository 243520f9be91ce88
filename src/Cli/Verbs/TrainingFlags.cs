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
    private int _own;

    /// <param name="defaults">For the help.</param>
    /// <param name="optimizer">Where the optimizer's values come from, for the help; null: from <paramref name="defaults"/>.</param>
    public TrainingFlags(RunConfig defaults, string? optimizer = null)
    {
        var d = defaults;
        Common(Flags.Count("--batch-size", $"Examples per micro-batch [{d.BatchSize}].", most: int.MaxValue), (c, n) => c with { BatchSize = (int)n!.Value });
        Common(Flags.Count("--accumulation", $"Micro-batches per step [{d.Accumulation}].", most: int.MaxValue), (c, n) => c with { Accumulation = (int)n!.Value });
        Common(Flags.Count("--steps", "Optimizer steps of the run."), (c, n) => c with { Steps = n });
        Common(Flags.Number("--epochs", "Passes over the data, instead of --steps [1].", least: 0), (c, n) => c with { Epochs = n });
        Common(Flags.Switch("--no-shuffle", "Examples in file order."), (c, given) => c with { Shuffle = !given });
        Optimizer = Common(Flags.Choice("--optimizer", $"Update rule [{optimizer ?? d.Optimizer}].", "adamw", "sgd"), (c, kind) => c with { Optimizer = kind });
        Common(Flags.Number("--lr", $"Learning rate [{optimizer ?? $"{d.Lr}"}].", least: 0), (c, n) => c with { Lr = n!.Value });
        Common(Flags.Pair("--betas", $"AdamW: decay of the two moments [{optimizer ?? $"{d.Beta1},{d.Beta2}"}]."), (c, pair) => c with { Beta1 = pair!.Value.First, Beta2 = pair.Value.Second });
        Common(Flags.Number("--eps", $"AdamW: ε [{optimizer ?? $"{d.Eps}"}].", least: 0), (c, n) => c with { Eps = n!.Value });
        Common(Flags.Number("--weight-decay", $"Weight decay [{optimizer ?? $"{d.WeightDecay}, none on biases and normalization"}].", least: 0), (c, n) => c with { WeightDecay = n!.Value });
        Common(Flags.Number("--momentum", $"SGD: momentum [{optimizer ?? $"{d.Momentum}"}].", least: 0), (c, n) => c with { Momentum = n!.Value });
        Common(Flags.Number("--max-grad-norm", $"Clip gradients to this global norm [{optimizer ?? $"{d.MaxGradNorm}"}].", least: 0), (c, n) => c with { MaxGradNorm = n });
        Common(Flags.Count("--adam-mode", $"AdamW: 0 as PyTorch; 1 as old Transformers, eps before the bias correction and decay after the step [{optimizer ?? $"{d.AdamMode}"}].", least: 0, most: 1), (c, n) => c with { AdamMode = (int)n!.Value });
        Common(Flags.Choice("--schedule", $"The learning rate over the run [{d.Schedule}].", [.. Schedule.Kinds]), (c, kind) => c with { Schedule = kind });
        Common(Flags.Parsed("--warmup", "N|P%", $"Steps in which the learning rate rises, or their share of all [{d.Warmup}].", text => (Warmup?)Warmup.Parse(text)), (c, warmup) => c with { Warmup = warmup!.Value });
        Common(Flags.Number("--min-lr", $"The learning rate that --schedule cosine ends with [{d.MinLr}].", least: 0), (c, n) => c with { MinLr = n!.Value });
        Common(Flags.Many("--group", "\"GLOB: lr=F, weight-decay=F\"", "Learning rate, weight decay or both of the parameters that a pattern matches; of several groups the later one wins. "
            + (d.Verb == "train" ? "Which parameters are frozen was decided by `onnxpipe artifacts`." : "\"GLOB: frozen\" keeps them as they are.")), (c, groups) => c with { Group = groups });
        Common(Flags.Many("--no-decay", "GLOB", "Parameters without weight decay."), (c, patterns) => c with { NoDecay = patterns });
        Common(Flags.Count("--eval-every", "Steps between evaluations [each epoch]."), (c, n) => c with { EvalEvery = n });
        Common(Flags.Count("--save-every", "Steps between checkpoints [each epoch]."), (c, n) => c with { SaveEvery = n });
        Common(Flags.Count("--keep-steps", $"How many checkpoints step-N stay, besides best and last [{d.KeepSteps}].", least: 0, most: int.MaxValue), (c, n) => c with { KeepSteps = (int)n!.Value });
        Common(Flags.Count("--log-every", $"Steps per row of metrics.csv, which has their mean [{d.LogEvery}].", most: int.MaxValue), (c, n) => c with { LogEvery = (int)n!.Value });
        Common(Flags.Choice("--engine", $"What trains: our own engine on stock ONNX Runtime, or Microsoft's TrainingSession (builds with -p:OrtRuntime=Training) [{d.Engine}].", [.. EngineChoice.Names]), (c, engine) => c with { Engine = engine });
        Common(Flags.Count("--early-stop", "End after N evaluations without a better one [off]."), (c, n) => c with { EarlyStop = n });
    }

    public Option<string> Optimizer { get; }

    /// <summary>A flag, and what its value does to a configuration when it is given.</summary>
    private sealed record Flag(Option Option, Func<VerbContext, RunConfig, RunConfig> Apply);

    /// <summary>Adds a flag of the verb's own that is part of the configuration; help has it before those that all share.</summary>
    public Option<T> Add<T>(Option<T> option, Func<RunConfig, T, RunConfig> apply) => Insert(_own++, option, apply);

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
    /// <param name="parts">What a configuration takes to run; the record is that of a run that goes on.</param>
    /// <param name="resolved">Completes the configuration of a new run; null: it is complete.</param>
    public void Run(VerbContext context, string verb, Func<RunConfig> defaults, Func<RunConfig, RunRecord?, TrainRun.Parts> parts, Func<RunConfig, RunConfig>? resolved = null)
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

                result = TrainRun.Resume(path, verb, Changes(context), record => parts(record.Config, record), context.Progress.Say, context.Progress.Warn, progress, context.Cancellation);
            }
            else
            {
                path = context.Need(_out, "--resume");
                var config = Given(context).Aggregate(defaults() with { Seed = context.Seed, Threads = context.Threads, Device = context.Device.ToString() }, (c, flag) => flag.Apply(context, c));
                OptimizerFlags.RequireOwn(context.Given, config.Optimizer);
                config = resolved?.Invoke(config) ?? config;
                result = TrainRun.Start(config, parts(config, null), path, context.Force, progress, context.Cancellation);
            }
        }
        catch (OperationCanceledException) when (path is not null && Path.Exists(Path.Combine(path, "checkpoints", "last")))
        {
            context.Progress.Say($"Saved. Go on with: onnxpipe {verb} --resume {ShellWord.Of(path)}");
            throw;
        }

        if (result is { Tokens: 0, Step: > 0 })
        {
            context.Progress.Warn("no label counted in the whole run; the parameters are as they were.");
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

    private Option<T> Common<T>(Option<T> option, Func<RunConfig, T, RunConfig> apply) => Insert(_flags.Count, option, apply);

    private Option<T> Insert<T>(int at, Option<T> option, Func<RunConfig, T, RunConfig> apply)
    {
        _flags.Insert(at, new Flag(option, (context, config) => apply(config, context.Get(option)!)));
        return option;
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
