using System.Globalization;
using OnnxPipeline.Files;
using OnnxPipeline.Models;

namespace OnnxPipeline.Cli.Verbs;

internal static class ModelCreateVerb
{
    public static Verb Create()
    {
        var config = Flags.Required(Flags.Text("--config", "FILE", "A Hugging Face style config.json; its model_type names the family."));
        var head = Flags.Required(Flags.Text("--head", "NAME", "What the model is for; clm: causal language model (gpt2); mlm: masked language model, mlm-nsp: with next-sentence prediction (bert)."));
        var loss = Flags.Switch("--with-loss", "Take labels as an input and give the loss as an output, as Transformers computes it.");
        var output = Flags.Out("The model folder.");
        return new Verb("model create", "Build a model from a configuration, with initial parameters from --seed.", "--config models/gpt2-small/config.json --head clm --out model", context =>
        {
            var file = ConfigFile.Read(context.Need(config));
            using var target = OutputTarget.Folder(context.Need(output), context.Force, context.Cancellation);
            var model = ModelFolder.Create(file, new BuildOptions(context.Need(head), context.Get(loss), context.Seed), target);
            target.Commit();
            var parameters = model.Graph.Initializers;
            var report = new
            {
                Out = target.FinalPath,
                Family = file.ModelType,
                Head = context.Need(head),
                Parameters = parameters.Count,
                Elements = parameters.Sum(p => p.Initializer!.Count),
                Bytes = parameters.Sum(p => (long)p.Initializer!.Bytes.Length),
                Inputs = model.Graph.Inputs.Select(v => v.Name),
                Outputs = model.Graph.Outputs.Select(v => v.Name),
            };
            context.Result.Write(report, result => result.Table(["what", "found"],
            [
                ["model folder", report.Out],
                ["family and head", $"{report.Family}, {report.Head}"],
                ["parameters", string.Create(CultureInfo.InvariantCulture, $"{report.Elements:N0} in {report.Parameters} tensors, {report.Bytes / 1e6:F1} MB")],
                ["inputs", string.Join(", ", report.Inputs)],
                ["outputs", string.Join(", ", report.Outputs)],
            ]));
        })
        {
            config, head, loss, output,
        };
    }
}
