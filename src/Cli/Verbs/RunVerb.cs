using OnnxPipeline.Files;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Cli.Verbs;

internal static class RunVerb
{
    public static Verb Create()
    {
        var model = Flags.Required(Flags.Text("--model", "M", "An ONNX file, or a folder that holds model.onnx."));
        var data = Flags.Required(Flags.Text("--data", "F", "A .safetensors or .npz file with an array for each input; other arrays are passed over."));
        var outputs = Flags.Many("--output", "NAME", "Outputs to compute [all].");
        var output = Flags.Out("The .safetensors or .npz file to write.");
        return new Verb("run", "Compute a model's outputs.", "--model model.onnx --data inputs.npz --out outputs.safetensors", context =>
        {
            using var target = OutputTarget.File(context.Need(output), context.Force, context.Cancellation);
            using var session = Session.Open(ModelPath.Find(context.Need(model)).File, context.Session);
            var given = TensorFile.Open(context.Need(data));
            var inputs = given.Names.Where(name => session.Inputs.Any(input => input.Name == name)).Select(name => new NamedTensor(name, given[name])).ToList();
            var results = session.Run(inputs, context.Get(outputs) is { Length: > 0 } names ? names : null, context.Cancellation);
            TensorFile.Write(target, results);
            var rows = results.Select(result => new { result.Name, Type = result.Tensor.Type.ToString(), Shape = result.Tensor.Dims }).ToList();
            context.Result.Write(rows, result => result.Table(["output", "type", "shape"], rows.Select(row => new[] { row.Name, row.Type, Tensor.Describe([.. row.Shape]) })));
        })
        {
            model, data, outputs, output,
        };
    }
}
