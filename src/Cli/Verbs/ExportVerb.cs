using OnnxPipeline.Files;
using OnnxPipeline.Training;

namespace OnnxPipeline.Cli.Verbs;

internal static class ExportVerb
{
    public static Verb Create()
    {
        var run = Flags.Text("--run", "RUN", "A run of train or pretrain.");
        var model = Flags.Text("--model", "DIR", "A model folder, or an ONNX file, instead of --run.");
        var checkpoint = Flags.Text("--checkpoint", "best|last|step-N", "Whose parameters of a run [best if there is one, else last].");
        var follow = Flags.FollowLinks();
        var output = Flags.Out("The inference folder; REPOSITORY/NAME/1 for the server.");
        return new Verb("export", "An inference folder: plain ONNX, tokenizer, manifest.", "--run run --out models/gpt/1", context =>
        {
            if (context.Get(run) is null == context.Get(model) is null || (context.Get(model) is not null && context.Get(checkpoint) is not null))
            {
                throw new UsageException("Give either --run (and --checkpoint, if you like) or --model.");
            }

            using var target = OutputTarget.Folder(context.Need(output), context.Force, context.Cancellation);
            var export = context.Get(run) is { } folder ? RunExport.OfRun(folder, context.Get(checkpoint), target) : RunExport.OfModel(context.Get(model)!, target, context.Get(follow));
            context.Result.Write(export, result => result.Table(["what", "found"],
            [
                ["model", export.Folder],
                .. export.Checkpoint is null ? Array.Empty<string[]>() : [["checkpoint", $"{export.Checkpoint}, step {export.Step}"]],
                ["inputs", string.Join(", ", export.Inputs)],
                ["outputs", string.Join(", ", export.Outputs)],
                ["bytes", export.Bytes.ToString()],
            ]));
        })
        {
            run, model, checkpoint, output, follow,
        };
    }
}
