using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Models;
using OnnxPipeline.Ort.Engines;
using OnnxPipeline.Text;

namespace OnnxPipeline.Training;

/// <summary>What the objectives <c>mlm</c> and <c>mlm-nsp</c> of <see cref="Pretraining"/> do otherwise than <c>clm</c>: documents, masks, a model that takes only labelled positions to the vocabulary.</summary>
public static class MaskedPretraining
{
    private const string Pairs = "mlm-nsp";

    /// <summary>What <c>--documents</c> may say.</summary>
    public static IReadOnlyDictionary<string, DocumentEnd> DocumentEnds { get; } = new Dictionary<string, DocumentEnd>
    {
        ["blank-line"] = DocumentEnd.BlankLine,
        ["line"] = DocumentEnd.Line,
        ["file"] = DocumentEnd.File,
    };

    internal static bool Is(RunConfig config) => config.Objective is "mlm" or Pairs;

    /// <summary>Fills in what was not given: 15 % of the tokens, documents between blank lines.</summary>
    /// <exception cref="TrainingException">A value that no run can have, or one that goes with another objective.</exception>
    internal static RunConfig Resolved(RunConfig config)
    {
        if (!Is(config))
        {
            return config is { MaskProbability: null, WholeWord: false, Documents: null }
                ? config
                : throw new TrainingException($"--mask-probability, --whole-word and --documents go with --objective mlm and {Pairs}; this is {config.Objective}.", 64);
        }

        return config.MaskProbability is not (null or (> 0 and <= 1))
            ? throw new TrainingException($"--mask-probability is {config.MaskProbability}, wanted a share above 0 and at most 1.", 64)
            : config with { MaskProbability = config.MaskProbability ?? 0.15, Documents = config.Documents ?? "blank-line" };
    }

    /// <summary>Null for <c>clm</c>, whose text is one stream.</summary>
    internal static DocumentEnd? DocumentEndOf(RunConfig config) => config.Documents is { } name ? DocumentEnds[name] : null;

    /// <exception cref="TextException">The tokenizer has no mask token.</exception>
    internal static Masking MaskingOf(RunConfig config, Tokenizer tokenizer) => new(tokenizer, config.MaskProbability!.Value, config.WholeWord);

    /// <summary>The examples: of the text, and of the evaluation text or else of the documents that are kept from training.</summary>
    /// <param name="live">Opens the model that is trained, for samples.</param>
    /// <param name="fraction">Of the text that is kept for evaluation; null: <paramref name="eval"/> is evaluated.</param>
    internal static TrainRun.Data Data(RunConfig config, Tokenizer tokenizer, TokenFile text, TokenFile? eval, double? fraction, ITrainingEngine engine, Func<LiveModel> live, Action<string> progress)
    {
        var train = Documents.In(text, tokenizer);
        var evaluated = eval is null ? null : Documents.In(eval, tokenizer);
        if (fraction > 0)
        {
            (train, evaluated) = train.Split(fraction.Value, config.Seed);
        }

        progress($"{train.Tokens} tokens in {train.Count} documents to train on, {evaluated?.Tokens ?? 0} in {evaluated?.Count ?? 0} to evaluate on, in blocks of {config.Block}");
        var (masking, pairs, block) = (MaskingOf(config, tokenizer), config.Objective == Pairs, config.Block!.Value);
        var padding = tokenizer.PadId ?? 0;
        var training = new MaskedExamples(MaskedBlocks.ForTraining(train, tokenizer, masking, block, pairs, config.Seed), padding, engine.Inputs);
        if (evaluated is null)
        {
            return new(training, null);
        }

        var validation = MaskedBlocks.ForValidation(evaluated, tokenizer, masking, block, pairs, config.Seed);
        return new(training, new MaskedExamples(validation, padding, engine.Inputs), LiveModel.TakesOneRow(engine.Inputs) ? MaskSampler.Of(live, validation, tokenizer) : null);
    }

    /// <summary>
    /// The model and how its artifacts are made: of a family that we build, with its own loss, and where <c>--model</c> is given with the weights of that folder; of another
    /// one with the cross-entropy of its output <c>logits</c>.
    /// </summary>
    /// <param name="built">The configuration of a family that we build; null for another one.</param>
    /// <param name="options">What the artifacts have in any case.</param>
    internal static (Model Model, ArtifactOptions Options) Model(RunConfig config, ConfigFile? built, ArtifactOptions options)
    {
        if (built is not null)
        {
            var model = FamilyTable.Build(built, new BuildOptions(config.Objective!, WithLoss: true, config.Seed, config.LabelSmoothing));
            if (config.Model is { } source)
            {
                TakeWeights(model, source, config.Objective!);
            }

            return (model, options with { Loss = "none", LossInput = "loss", Known = options.Known! with { Loss = FamilyTable.HeadOf(built, config.Objective!).Loss }, Hits = MaskedExamples.HitsOf(model.Graph.Inputs.Select(v => v.Name)) });
        }

        return config.Objective == Pairs
            ? throw new TrainingException($"{config.Model} is of no family that can be built ({string.Join(", ", FamilyTable.Families.Keys)}), and the loss of {Pairs} is known for those only. Give a config.json beside the model, or --objective mlm.")
            : (Pretraining.Forward(config.Model!), options with { LossInput = "logits", LabelSmoothing = config.LabelSmoothing, Hits = MaskedExamples.HitsOf(["labels"]) });
    }

    private static void TakeWeights(Model model, string path, string objective)
    {
        var weights = ModelFile.Load(ModelPath.Find(path).File).Graph.Initializers.ToDictionary(v => v.Name, v => v.Initializer);
        foreach (var parameter in model.Graph.Initializers)
        {
            parameter.Initializer = StoredTensor.Checked($"{path}, for --objective {objective},", parameter.Name, weights.GetValueOrDefault(parameter.Name), parameter.Initializer!.Type, parameter.Initializer.Dims, weights.Keys);
        }
    }
}
