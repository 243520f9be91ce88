using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;
using OnnxPipeline.Training;

namespace OnnxPipeline.Cli.Verbs;

internal static class GradientsVerb
{
    public static Verb Create()
    {
        var folder = Flags.Required(Flags.Text("--artifacts", "DIR", "Training artifacts."));
        var data = Flags.Required(Flags.Text("--data", "FILE", "One batch: a .safetensors or .npz file with one array for each input, labels included."));
        var rows = Flags.Rows("--rows", "Examples A to B−1 of the file [all].");
        var checkpoint = Flags.Text("--checkpoint", "FILE", "Parameters from here: a checkpoint of Microsoft's runtime, or the model.safetensors of a run [those of the artifacts].");
        var output = Flags.Out("Tensor file: loss, out.OUTPUT, grad.PARAMETER.");
        return new Verb("gradients", "One forward and backward: the loss and every gradient.", "--artifacts artifacts --data batch.safetensors --rows 0:8 --out gradients.safetensors", context =>
        {
            using var target = OutputTarget.File(context.Need(output), context.Force, context.Cancellation);
            var artifacts = ArtifactFolder.Open(context.Need(folder));
            using var engine = StockEngine.Load(artifacts, context.Session);
            if (context.Get(checkpoint) is { } file)
            {
                EngineParameters.Load(engine, file);
            }

            var (first, end) = context.Get(rows) ?? (0, null);
            var examples = new TensorExamples(context.Need(data), engine.Inputs, artifacts.Manifest?.Loss, GraphDemands.Of(artifacts));
            var report = GradientReport.Of(engine, examples, first, end, context.Seed);
            TensorFile.Write(target, report.Tensors());
            var gradients = report.Gradients.Select(g => new { g.Name, Shape = g.Tensor.Dims, Norm = GradientReport.Norm(g.Tensor) }).ToList();
            context.Result.Write(new { report.Loss, Outputs = report.Outputs.Select(o => o.Name), Gradients = gradients, Norm = Math.Sqrt(gradients.Sum(g => g.Norm * g.Norm)) }, result =>
            {
                result.Line($"loss {report.Loss}");
                result.Table(["parameter", "shape", "norm of the gradient"], gradients.Select(g => (string[])[g.Name, Tensor.Describe([.. g.Shape]), $"{g.Norm:0.######e+0}"]));
            });
        })
        {
            folder, data, rows, checkpoint, output,
        };
    }
}
