using System.Globalization;
using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Models;
using OnnxPipeline.Ort.Engines;
using OnnxPipeline.Text;

namespace OnnxPipeline.Training;

/// <summary>
/// The verb <c>pretrain</c>: a causal or a masked language model from its configuration, or from a model folder, on text. The text is tokenized once into a
/// memory-mapped file of the user's cache (<see cref="TokenCache"/>), which runs share. The run folder has the tokenizer's files, <c>config.json</c>
/// and the artifacts that were trained.
/// </summary>
public static class Pretraining
{
    private const int LongestBlock = 512;

    /// <summary>What holds where no flag says otherwise: AdamW as PyTorch, no decay on biases and normalization.</summary>
    public static RunConfig Defaults { get; } = new()
    {
        Verb = "pretrain",
        Data = [],
        Objective = "clm",
        Validation = "0.05",
        BatchSize = 16,
        Lr = 5e-4,
        Eps = 1e-8,
        WeightDecay = 0.1,
        MaxGradNorm = 1,
        AdamMode = 0,
        Schedule = "cosine",
        Warmup = Warmup.Parse("5%"),
    };

    /// <summary>The share of the text that a value of <c>--validation</c> is; null: it names files.</summary>
    public static double? FractionOf(string validation) => double.TryParse(validation, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) ? share : null;

    /// <summary>Completes a configuration from the model's files: the tokenizer, the block.</summary>
    /// <exception cref="PipelineException">No model or two, no tokenizer, a block that the model has no positions for.</exception>
    public static RunConfig Resolved(RunConfig config)
    {
        if (config.Model is null == config.Config is null)
        {
            throw new TrainingException("Give either --config, to train a new model, or --model, to go on with one.", 64);
        }

        var folder = config.Model is { } model ? ModelPath.Find(model).Folder : Path.GetDirectoryName(config.Config)!;
        var tokenizer = config.Tokenizer ?? (Tokenizer.IsIn(folder)
            ? folder
            : throw new TrainingException($"{folder} holds no tokenizer, and --tokenizer is not given. `onnxpipe tokenizer train` makes one from the text."));
        var file = BuiltConfigOf(config);
        var positions = file is null ? (int?)null : FamilyTable.Of(file).Positions(file);
        if (file is not null)
        {
            FamilyTable.HeadOf(file, config.Objective!);
        }

        if (config.Block > positions)
        {
            throw new TrainingException($"--block is {config.Block}, but the model has {positions} positions.", 64);
        }

        var block = config.Block ?? (positions is { } most
            ? Math.Min(most, LongestBlock)
            : throw new TrainingException($"{folder} has no config.json that says how many positions the model has. Give --block.", 64));
        return FractionOf(config.Validation!) is not (null or (>= 0 and < 1))
            ? throw new TrainingException($"--validation is {config.Validation}, wanted files, or a share of the text of at least 0 and below 1.", 64)
            : MaskedPretraining.Resolved(config with { Tokenizer = tokenizer, Block = block });
    }

    /// <summary>What a resolved configuration takes to run.</summary>
    /// <param name="record">Of a run that goes on, with the data files it was started with: those that patterns find now may be others. Null: a new run.</param>
    /// <param name="progress">Takes lines that say where the preparations stand.</param>
    /// <param name="warn">Takes a sentence about a text that the tokenizer hardly knows.</param>
    public static TrainRun.Parts Parts(RunConfig config, RunRecord? record, Action<string> progress, Action<string> warn, CancellationToken cancellation)
    {
        var fraction = FractionOf(config.Validation!);
        string[] validation = fraction is not null ? []
            : [.. record?.Data.Skip(config.Data.Count).Select(file => file.Path) ?? TextFiles.Expand([config.Validation!]).Select(Path.GetFullPath)];
        TokenFile? text = null, eval = null;
        return new(
            [.. config.Data, .. validation],
            folder =>
            {
                var isComplete = Directory.Exists(folder.Artifacts); // they come last
                var tokenizer = Tokenizer.Load(isComplete ? folder.Path : config.Tokenizer!);
                if (MaskedPretraining.Is(config))
                {
                    MaskedPretraining.MaskingOf(config, tokenizer);
                }

                text = Tokens(config.Data, tokenizer); // first what is likeliest to fail
                eval = validation.Length > 0 ? Tokens(validation, tokenizer) : null;
                if (!isComplete)
                {
                    progress("Making the model and its artifacts");
                    Prepare(config, folder, tokenizer, cancellation);
                }
            },
            (folder, engine, artifacts) =>
            {
                if (GraphDemands.Of(artifacts).Lengths.FirstOrDefault(limit => limit.Axis == 1 && limit.Most < config.Block) is { } limit)
                {
                    throw new TrainingException($"--block is {config.Block}, but the model's table '{limit.Table}' has {limit.Most} positions.", 64);
                }

                if (MaskedPretraining.Is(config))
                {
                    return MaskedPretraining.Data(config, Tokenizer.Load(folder.Path), text!, eval, fraction, engine, Live, progress);
                }

                var (train, last) = text!.Whole.SplitLast(fraction ?? 0);
                var evaluated = eval?.Whole ?? last;
                var labels = artifacts.Manifest?.Loss?.Labels ?? "labels";
                progress($"{train.Length} tokens to train on, {evaluated.Length} to evaluate on, in blocks of {config.Block}");
                return new TrainRun.Data(
                    new CausalExamples(CausalBlocks.ForTraining(train, config.Block!.Value, config.Seed), engine.Inputs, labels),
                    evaluated.Length == 0 ? null : new CausalExamples(CausalBlocks.ForValidation(evaluated, config.Block.Value), engine.Inputs, labels),
                    evaluated.Length == 0 || !LiveModel.TakesOneRow(engine.Inputs) ? null : new TextSampler(Live(), Beginning(evaluated), config.Seed));

                LiveModel Live() => new(engine, artifacts.InferenceModel, folder.Path, config.Threads);
            });

        long[] Beginning(TokenPart text)
        {
            var first = new long[Math.Min(text.Length, config.Block!.Value)];
            text.CopyTo(0, first);
            return first;
        }

        TokenFile Tokens(IReadOnlyList<string> files, Tokenizer tokenizer)
        {
            var tokens = TokenCache.Open(files, tokenizer, TokenCache.DefaultFolder, MaskedPretraining.DocumentEndOf(config), config.Threads, progress, cancellation);
            if (UnknownTokens.In(tokens, tokenizer, files) is { } warning)
            {
                warn(warning);
            }

            return tokens;
        }
    }

    private static void Prepare(RunConfig config, RunFolder folder, Tokenizer tokenizer, CancellationToken cancellation)
    {
        tokenizer.SaveTo(folder.Path);
        var file = ConfigOf(config);
        if (file is not null)
        {
            AtomicFile.Write(Path.Combine(folder.Path, "config.json"), stream => stream.Write(file.Bytes.Span));
        }

        var known = (config.Model is { } source ? ModelPath.Find(source).Manifest() : null) ?? new();
        var options = new ArtifactOptions
        {
            FrozenGroups = [.. config.Groups().Where(group => group.Frozen).Select(group => group.Pattern)],
            Optimizer = OptimizerOf(config),
            Known = known with { Family = file?.ModelType ?? known.Family, Task = config.Objective, Tokenizer = new ManifestTokenizer(tokenizer.Kind, tokenizer.VocabularySize) },
        };
        (var model, options) = MaskedPretraining.Is(config)
            ? MaskedPretraining.Model(config, BuiltConfigOf(config), options)
            : (config.Model is { } path ? Forward(path) : FamilyTable.Build(file!, new BuildOptions(config.Objective!, WithLoss: false, config.Seed)), options with { LossInput = "logits", LabelSmoothing = config.LabelSmoothing });
        RequireVocabulary(model, tokenizer, config);
        cancellation.ThrowIfCancellationRequested(); // a large model takes a while to draw and to write
        using var target = OutputTarget.Folder(folder.Artifacts, force: false, cancellation);
        ArtifactWriter.Write(model, options, target);
        target.Commit();
    }

    /// <summary>The model without a loss of its own: pretraining compares its logits with tokens, which the data give.</summary>
    internal static Model Forward(string path)
    {
        var model = ModelFile.Load(ModelPath.Find(path).File);
        var graph = model.Graph;
        if (!graph.Outputs.Exists(v => v.Name == "logits"))
        {
            throw new TrainingException($"{path} has the outputs {string.Join(", ", graph.Outputs.Select(v => v.Name))}; a language model has an output 'logits' [batch, sequence, vocabulary].");
        }

        var read = DeadCode.ReadInputs(graph);
        graph.Outputs.RemoveAll(v => v.Name != "logits");
        DeadCode.Remove(graph, read);
        return model;
    }

    private static void RequireVocabulary(Model model, Tokenizer tokenizer, RunConfig config)
    {
        var logits = model.Graph.Outputs.Find(v => v.Name is "logits" or "prediction_logits")?.Shape;
        if (logits is { Rank: 3 } && logits.At(-1) is { IsKnown: true } classes && classes.Value < tokenizer.VocabularySize)
        {
            throw new TrainingException(
                $"The tokenizer {config.Tokenizer} has {tokenizer.VocabularySize} ids, {config.Model ?? config.Config} a vocabulary of {classes.Value}. "
                + (config.Config is null ? "Use the model's own tokenizer." : $"Set \"vocab_size\" to {tokenizer.VocabularySize} or more in the configuration."));
        }
    }

    /// <summary>What of the optimizer the artifacts can hold; the run itself goes by its configuration.</summary>
    private static ManifestOptimizer OptimizerOf(RunConfig config) => config.Optimizer == "sgd"
        ? ManifestOptimizer.Sgd with { Lr = config.Lr, MaxGradNorm = config.MaxGradNorm }
        : new("adamw", config.Lr, [config.Beta1, config.Beta2], config.Eps, config.WeightDecay, config.MaxGradNorm, config.AdamMode);

    /// <summary>The configuration of a model of a family that we build; null for a model folder of another one.</summary>
    private static ConfigFile? BuiltConfigOf(RunConfig config) => ConfigOf(config) is { } file && (config.Config is not null || FamilyTable.Families.ContainsKey(file.ModelType)) ? file : null;

    private static ConfigFile? ConfigOf(RunConfig config) =>
        (config.Config ?? Path.Combine(ModelPath.Find(config.Model!).Folder, "config.json")) is var path && (config.Config is not null || File.Exists(path)) ? ConfigFile.Read(path) : null;
}
