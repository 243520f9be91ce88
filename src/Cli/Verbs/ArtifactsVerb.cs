using System.Globalization;
using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Training;

namespace OnnxPipeline.Cli.Verbs;

internal static class ArtifactsVerb
{
    public static Verb Create()
    {
        var model = Flags.Required(Flags.Text("--model", "M", "An ONNX file, or a folder that holds model.onnx."));
        var output = Flags.Out("Folder of the artifacts.");
        var loss = Flags.Choice("--loss", "The loss; bce takes logits; none: the output of --loss-input is the loss [cross-entropy].", [.. Losses.Table.Keys]);
        var lossInput = Flags.Text("--loss-input", "NAME", "The graph output that feeds the loss [the only one, else logits, for none: loss].");
        var ignore = Flags.Count("--ignore-index", "cross-entropy: the label of positions that do not count [-100].", least: long.MinValue);
        var smoothing = Flags.Number("--label-smoothing", "cross-entropy: share of the target that is spread evenly, below 1 [0].", 0, 0.999999);
        var classes = Flags.Count("--class-axis", "cross-entropy: the axis of the classes, negative from the end [the last for rank 2 and 3, 1 for rank 4 and above].", least: long.MinValue);
        var trainable = Flags.Many("--trainable", "GLOB", "Parameters to train; all others are frozen.");
        var frozen = Flags.Many("--frozen", "GLOB", "Weights to keep as they are; all others are trained.");
        var apart = Flags.Switch("--no-retie", "Keep weights with the same numbers (or the transpose of such) as parameters of their own.");
        var further = Flags.Many("--output", "NAME", "Further outputs of the training and evaluation graphs, after the loss.");
        var batch = Flags.Choice("--batch-norm", "BatchNormalization: frozen, with the statistics of the model; train, with those of the batch, the model's following them [frozen].", "frozen", "train");
        var kind = Flags.Choice("--target", "ort-training: Microsoft's training runtime; stock: any ONNX Runtime, gradients as outputs [ort-training].", "ort-training", "stock");
        var nominal = Flags.Switch("--nominal", "Write nominal_checkpoint too: names and shapes without values.");
        var prefix = Flags.Parsed<string?>("--prefix", "P", "Stands before every file name.", Prefix);
        var follow = Flags.FollowLinks();
        var optimizer = new OptimizerFlags();
        var verb = new Verb("artifacts", "Turn a forward model into training artifacts, as Microsoft's offline tool does.", "--model model.onnx --loss mse --trainable 'head.*' --out artifacts", context =>
        {
            var path = ModelPath.Find(context.Need(model));
            var options = new ArtifactOptions
            {
                LossInput = context.Get(lossInput),
                ClassAxis = context.Get(classes),
                LabelSmoothing = context.Get(smoothing) ?? 0,
                Trainable = context.Get(trainable) ?? [],
                Frozen = context.Get(frozen) ?? [],
                Retie = !context.Get(apart),
                BatchNormalization = context.Get(batch) == "train" ? BatchNormalizationMode.Train : BatchNormalizationMode.Frozen,
                Outputs = context.Get(further) ?? [],
                Target = context.Get(kind) == "stock" ? ArtifactTarget.Stock : ArtifactTarget.OrtTraining,
                Nominal = context.Get(nominal),
                Prefix = context.Get(prefix) ?? "",
                Optimizer = optimizer.Of(context),
                Known = path.OwnManifest(),
            };
            if ((context.Get(loss) ?? options.Loss) != "cross-entropy" && context.Given.FirstOrDefault(f => f is "--ignore-index" or "--label-smoothing" or "--class-axis") is { } foreign)
            {
                throw new UsageException($"{foreign} belongs to --loss cross-entropy; --loss {context.Get(loss)} has no classes.");
            }

            options = options with { Loss = context.Get(loss) ?? options.Loss, IgnoreIndex = context.Get(ignore) ?? options.IgnoreIndex };
            using var target = OutputTarget.Folder(context.Need(output), context.Force, context.Cancellation);
            if (options is { Known.Tokenizer: not null, Prefix.Length: 0 }) // with a prefix before their names nobody would find them
            {
                BesideModel.Copy(path.Folder, target.Path); // what an export of the trained model needs to go on with text
            }

            var manifest = ArtifactWriter.Write(ModelFile.Load(path.File, context.Get(follow)), options, target, context.Progress.Say);
            var files = Directory.GetFiles(target.Path).Order(StringComparer.Ordinal).Select(f => (Name: Path.GetFileName(f), new FileInfo(f).Length)).ToList();
            target.Commit();
            context.Result.Write(new { Out = target.FinalPath, manifest.Loss, manifest.Optimizer, manifest.Parameters, manifest.Inputs, manifest.Outputs, Files = files.Select(f => f.Name) }, result =>
            {
                var trained = manifest.Parameters.Where(p => p.Trainable).ToList();
                result.Line(string.Create(CultureInfo.InvariantCulture,
                    $"{target.FinalPath}: {trained.Count} of {manifest.Parameters.Count} parameters are trained ({Count(trained):N0} of {Count(manifest.Parameters):N0} numbers), {(manifest.Loss!.Kind == "none" ? $"the loss is the output {manifest.Loss.Input}" : $"{manifest.Loss.Kind} of {manifest.Loss.Input}")}."));
                result.Table(["file", "bytes"], files.Select(f => new[] { f.Name, f.Length.ToString(CultureInfo.InvariantCulture) }));
            });
        })
        {
            model, output, loss, lossInput, ignore, smoothing, classes, trainable, frozen, apart, batch, further, kind, nominal, prefix, follow,
        };
        optimizer.AddTo(verb);
        return verb;
    }

    private static string Prefix(string prefix) => prefix.IndexOfAny(['/', '\\', '\0']) < 0
        ? prefix
        : throw new UsageException($"'{prefix}' names a folder; it stands before file names, so it has no slash.");

    private static long Count(IEnumerable<ManifestParameter> parameters) => parameters.Sum(p => p.Shape.Aggregate(1L, (n, d) => n * d));
}
