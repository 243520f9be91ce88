using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace OnnxPipeline.Training;

/// <summary>
/// Everything that decides what a run does, resolved: no value is looked up elsewhere later. The same names in kebab case are the flags of
/// the command line and the keys of run.json; the defaults here are those of <c>train</c>.
/// </summary>
public sealed record RunConfig
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary><c>train</c> or <c>pretrain</c>.</summary>
    public required string Verb { get; init; }

    /// <summary>train: the artifacts folder the run was started with; the run keeps a copy.</summary>
    public string? Artifacts { get; init; }

    /// <summary>train: an ODTC checkpoint to start from, its optimizer state included, or a tensor file with parameters.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Tensor file (train), text files, folders or globs (pretrain); absolute.</summary>
    public required IReadOnlyList<string> Data { get; init; }

    /// <summary>train: a tensor file that is evaluated.</summary>
    public string? EvalData { get; init; }

    /// <summary>pretrain: a model folder to go on from; null where <see cref="Config"/> is given.</summary>
    public string? Model { get; init; }

    /// <summary>pretrain: a Hugging Face style config.json.</summary>
    public string? Config { get; init; }

    /// <summary>pretrain: <c>clm</c>, <c>mlm</c> or <c>mlm-nsp</c>.</summary>
    public string? Objective { get; init; }

    /// <summary>pretrain: tokenizer folder.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>pretrain: tokens per example.</summary>
    public int? Block { get; init; }

    /// <summary>pretrain: a file, or the share of the text (clm: at its end; masked: whole documents).</summary>
    public string? Validation { get; init; }

    /// <summary>pretrain, masked objectives: what ends a document, a key of <see cref="MaskedPretraining.DocumentEnds"/>.</summary>
    public string? Documents { get; init; }

    /// <summary>pretrain, masked objectives: the share of the tokens that are to be guessed.</summary>
    public double? MaskProbability { get; init; }

    /// <summary>pretrain, masked objectives: whether the tokens of a word are masked together.</summary>
    public bool WholeWord { get; init; }

    /// <summary>Examples per micro-batch.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Micro-batches per optimizer step.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>Optimizer steps; null: as <see cref="Epochs"/> or <see cref="Minutes"/> say.</summary>
    public long? Steps { get; init; }

    /// <summary>Passes over the data; 1 where neither steps nor minutes are given.</summary>
    public double? Epochs { get; init; }

    /// <summary>Training time in minutes, evaluation and saving included; such a run is not reproducible to the bit.</summary>
    public double? Minutes { get; init; }

    /// <summary>False: examples in file order.</summary>
    [JsonIgnore]
    public bool Shuffle { get; init; } = true;

    /// <summary><see cref="Shuffle"/> as the flag says it.</summary>
    public bool NoShuffle
    {
        get => !Shuffle;
        init => Shuffle = !value;
    }

    /// <summary><c>adamw</c> or <c>sgd</c>.</summary>
    public string Optimizer { get; init; } = "adamw";

    public double Lr { get; init; } = 1e-3;

    [JsonIgnore]
    public double Beta1 { get; init; } = 0.9;

    [JsonIgnore]
    public double Beta2 { get; init; } = 0.999;

    /// <summary><see cref="Beta1"/> and <see cref="Beta2"/> as the flag has them; null, as a file without them is read, leaves both as they are.</summary>
    [System.Diagnostics.CodeAnalysis.AllowNull]
    public IReadOnlyList<double> Betas
    {
        get => [Beta1, Beta2];
        init => (Beta1, Beta2) = value switch { null => (Beta1, Beta2), [var first, var second] => (first, second), _ => throw new JsonException("betas are two numbers.") };
    }

    public double Eps { get; init; } = 1e-6;

    public double WeightDecay { get; init; }

    public double Momentum { get; init; }

    /// <summary>Null: gradients are not clipped.</summary>
    public double? MaxGradNorm { get; init; }

    public int AdamMode { get; init; } = 1;

    /// <summary>Whether biases and normalization parameters (those of rank 0 and 1) are left out of the weight decay; groups may give them one.</summary>
    [JsonIgnore]
    public bool DecaysMatricesOnly => Verb != "train";

    /// <summary>In order, as <see cref="ParameterGroup.Parse"/> reads them.</summary>
    public IReadOnlyList<string> Group { get; init => field = value ?? []; } = [];

    /// <summary>Patterns of parameters without weight decay, whatever else is said of them.</summary>
    public IReadOnlyList<string> NoDecay { get; init => field = value ?? []; } = [];

    public string Schedule { get; init; } = "constant";

    public Warmup Warmup { get; init; }

    public double MinLr { get; init; }

    /// <summary>Steps between evaluations; null: at the end of each epoch.</summary>
    public long? EvalEvery { get; init; }

    /// <summary>Steps between checkpoints; null: at the end of each epoch.</summary>
    public long? SaveEvery { get; init; }

    /// <summary>How many <c>step-N</c> folders stay, besides those that <c>best</c> and <c>last</c> name.</summary>
    public int KeepSteps { get; init; } = 1;

    /// <summary>Steps per row of metrics.csv, which holds their mean.</summary>
    public int LogEvery { get; init; } = 1;

    /// <summary>Evaluations without a better one after which the run ends; null: it goes on.</summary>
    public long? EarlyStop { get; init; }

    /// <summary>Which evaluation is the best: the one where this one of <see cref="IExamples.Metrics"/> is highest; null: the one with the lowest loss.</summary>
    public string? Metric { get; init; }

    public double LabelSmoothing { get; init; }

    public long Seed { get; init; }

    public int Threads { get; init; } = 1;

    /// <summary>What computes: a name of <see cref="EngineChoice"/>.</summary>
    public string Engine { get; init => field = value ?? EngineChoice.Stock; } = EngineChoice.Stock;

    /// <summary>Where it computes: <c>cpu</c>, <c>cuda:N</c>.</summary>
    public string Device { get; init => field = value ?? "cpu"; } = "cpu";

    /// <summary>Refuses values that no run can have.</summary>
    /// <exception cref="TrainingException">A value is out of its range (wrong usage).</exception>
    public void Check()
    {
        Require(BatchSize > 0, "--batch-size", BatchSize, "at least 1");
        Require(Accumulation > 0, "--accumulation", Accumulation, "at least 1");
        Require(Steps is null or > 0, "--steps", Steps, "at least 1");
        Require(Epochs is null or > 0, "--epochs", Epochs, "above 0");
        Require(Minutes is null or > 0, "--minutes", Minutes, "above 0");
        Require(Optimizer is "adamw" or "sgd", "--optimizer", Optimizer, "adamw or sgd");
        Require(double.IsFinite(Lr) && Lr >= 0, "--lr", Lr, "a number of at least 0");
        Require(Beta1 is >= 0 and < 1 && Beta2 is >= 0 and < 1, "--betas", $"{Beta1},{Beta2}", "two numbers of at least 0 and below 1");
        Require(Eps >= 0, "--eps", Eps, "at least 0");
        Require(WeightDecay >= 0, "--weight-decay", WeightDecay, "at least 0");
        Require(Momentum is >= 0 and < 1, "--momentum", Momentum, "at least 0 and below 1");
        Require(MaxGradNorm is null or > 0, "--max-grad-norm", MaxGradNorm, "above 0");
        Require(AdamMode is 0 or 1, "--adam-mode", AdamMode, "0 or 1");
        Require(Training.Schedule.Kinds.Contains(Schedule), "--schedule", Schedule, string.Join(", ", Training.Schedule.Kinds));
        Require(MinLr == 0 || Schedule == "cosine", "--min-lr", $"{MinLr} with --schedule {Schedule}, which does not end there", "--schedule cosine");
        Require(EvalEvery is null or > 0, "--eval-every", EvalEvery, "at least 1");
        Require(SaveEvery is null or > 0, "--save-every", SaveEvery, "at least 1");
        Require(KeepSteps >= 0, "--keep-steps", KeepSteps, "at least 0");
        Require(LogEvery > 0, "--log-every", LogEvery, "at least 1");
        Require(EarlyStop is null or > 0, "--early-stop", EarlyStop, "at least 1");
        Require(EngineChoice.Names.Contains(Engine), "--engine", Engine, string.Join(" or ", EngineChoice.Names));
        Require(Threads > 0, "--threads", Threads, "at least 1");
        if (Groups().FirstOrDefault(group => group.Frozen) is { } frozen && Verb == "train")
        {
            throw new TrainingException($"--group '{frozen.Pattern}: frozen' cannot be had in train: what has a gradient was decided when the artifacts were made. Make them with `onnxpipe artifacts --frozen '{frozen.Pattern}'`.", 64);
        }

        if (new[] { Steps is not null, Epochs is not null, Minutes is not null }.Count(given => given) > 1)
        {
            throw new TrainingException("--steps, --epochs and --minutes each say how long the run is; give one of them.", 64);
        }
    }

    /// <summary><see cref="Group"/>, read.</summary>
    /// <exception cref="TrainingException">One has another form (wrong usage).</exception>
    public IReadOnlyList<ParameterGroup> Groups() => [.. Group.Select(ParameterGroup.Parse)];

    /// <summary>The keys of run.json that another configuration has another value of, with both values as run.json has them.</summary>
    public IReadOnlyList<(string Key, string Here, string There)> Differences(RunConfig other)
    {
        static JsonObject Json(RunConfig config) => JsonSerializer.SerializeToNode(config, TrainingJson.Default.RunConfig)!.AsObject();
        static string Text(JsonNode? value) => value?.ToJsonString(Plain) ?? "not given";
        var (here, there) = (Json(this), Json(other));
        return [.. here.Select(p => p.Key).Union(there.Select(p => p.Key)).Where(key => !JsonNode.DeepEquals(here[key], there[key])).Select(key => (key, Text(here[key]), Text(there[key])))];
    }

    /// <summary>This configuration with the values of an optimizer.</summary>
    public RunConfig WithOptimizer(Files.ManifestOptimizer o) => this with
    {
        Optimizer = o.Optimizer,
        Lr = o.Lr,
        Beta1 = o.Betas?[0] ?? Beta1,
        Beta2 = o.Betas?[1] ?? Beta2,
        Eps = o.Eps ?? Eps,
        WeightDecay = o.WeightDecay,
        Momentum = o.Momentum ?? 0,
        MaxGradNorm = o.MaxGradNorm,
        AdamMode = o.AdamMode ?? AdamMode,
    };

    private static void Require(bool holds, string flag, object? found, string wanted)
    {
        if (!holds)
        {
            throw new TrainingException($"{flag} is {found}, wanted {wanted}.", 64);
        }
    }
}
