using OnnxPipeline.Text;
using OnnxPipeline.Training;

namespace OnnxPipeline.Cli.Verbs;

internal static class PretrainVerb
{
    public static Verb Create()
    {
        var flags = new TrainingFlags(Pretraining.Defaults);
        flags.Add(Flags.Text("--config", "FILE", "A Hugging Face style config.json: train a new model."), (c, file) => c with { Config = Path.GetFullPath(file) });
        flags.Add(Flags.Text("--model", "DIR", "A model folder, or an ONNX file, to go on with, instead of --config."), (c, model) => c with { Model = Path.GetFullPath(model) });
        var data = flags.Add(Flags.Many("--data", "FILE|GLOB", "Text files, folders or globs, UTF-8."), (c, patterns) => c with { Data = [.. TextFiles.Expand(patterns).Select(Path.GetFullPath)] });
        flags.Add(Flags.Choice("--objective", "clm: predict the next token; mlm: guess masked tokens; mlm-nsp: and whether a text follows another [clm].", "clm", "mlm", "mlm-nsp"), (c, objective) => c with { Objective = objective });
        flags.Add(Flags.Text("--tokenizer", "DIR", "Tokenizer folder [the model's]."), (c, folder) => c with { Tokenizer = Path.GetFullPath(folder) });
        flags.Add(Flags.Count("--block", "Tokens per example [the model's positions, at most 512].", most: int.MaxValue), (c, n) => c with { Block = (int)n!.Value });
        flags.Add(Flags.Text("--validation", "FILE|FRACTION", "Text to evaluate on: a file, folder or glob, or a share of the text: of clm its end, of mlm whole documents by seed; 0: none [0.05]."), (c, value) => c with { Validation = Pretraining.FractionOf(value) is null ? Path.GetFullPath(value) : value });
        flags.Add(Flags.Number("--mask-probability", "mlm: the share of the tokens that are to be guessed, which are what progress and metrics.csv count [0.15].", least: 0, most: 1), (c, n) => c with { MaskProbability = n });
        flags.Add(Flags.Switch("--whole-word", "mlm: mask all tokens of a word together."), (c, given) => c with { WholeWord = given });
        flags.Add(Flags.Choice("--documents", "mlm: where a document ends: at a line without text, at every line, or only where its file ends [blank-line].", [.. MaskedPretraining.DocumentEnds.Keys]), (c, end) => c with { Documents = end });
        flags.Add(Flags.Text("--metric", "NAME", "mlm: what `best` and --early-stop go by: masked_accuracy or next_sentence_accuracy, the higher the better [the evaluation loss, the lower the better]."), (c, name) => c with { Metric = name });
        flags.Add(Flags.Number("--minutes", "Training time, instead of --steps or --epochs; such a run cannot be repeated to the bit.", least: 0), (c, n) => c with { Minutes = n });
        flags.Add(Flags.Number("--label-smoothing", "The share of the target spread evenly over the vocabulary, below 1 [0].", least: 0, most: 0.999999), (c, n) => c with { LabelSmoothing = n!.Value });
        return flags.On(new Verb("pretrain", "Train a language model on text.", "--config config.json --tokenizer tokenizer --data 'texts/*.txt' --objective clm --minutes 10 --out run", context => flags.Run(
            context,
            "pretrain",
            () => context.Get(data) is { Length: > 0 } ? Pretraining.Defaults : throw new UsageException("--data is missing; it may be left out with --resume only."),
            (config, record) => Pretraining.Parts(config, record, context.Progress.Update, context.Progress.Warn, context.Cancellation),
            Pretraining.Resolved)));
    }
}
