using System.CommandLine;
using System.Globalization;
using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Cli.Verbs;

internal static class InspectVerb
{
    public static Verb Create()
    {
        var model = new Argument<string>("MODEL") { Description = "An ONNX file, or a folder that holds model.onnx." };
        var trainable = Flags.Many("--trainable", "GLOB", "Parameters to train; all others are frozen.");
        var frozen = Flags.Many("--frozen", "GLOB", "Weights to keep as they are; all others are trained.");
        var apart = Flags.Switch("--no-retie", "Show weights with the same numbers as parameters of their own.");
        var follow = Flags.FollowLinks();
        return new Verb("inspect", "Say what is in a model: inputs, outputs, what would be trained and why, operators and their gradients.", "model.onnx --trainable 'head.*'", context =>
        {
            var path = ModelPath.Find(context.Need(model));
            var report = ModelReport.Of(ModelFile.Load(path.File, context.Get(follow)), context.Get(trainable) ?? [], context.Get(frozen) ?? [], path.OwnManifest(), !context.Get(apart));
            context.Result.Write(report, result => Print(report, result));
        })
        {
            model, trainable, frozen, apart, follow,
        };
    }

    private static void Print(ModelReport report, Result result)
    {
        result.Line($"IR version {report.IrVersion}, {string.Join(", ", report.Opsets.Select(o => $"{o.Key} {o.Value}"))}");
        result.Table(["", "name", "shape", "type"], report.Inputs.Select(v => Row("input", v)).Concat(report.Outputs.Select(v => Row("output", v))));
        var trained = report.Parameters.Where(p => p.Verdict == "trainable").ToList();
        result.Line("");
        result.Line(string.Create(CultureInfo.InvariantCulture,
            $"{report.Parameters.Count} parameters, {report.Parameters.Sum(p => p.Bytes):N0} bytes; {trained.Count} trainable, {trained.Sum(p => p.Bytes):N0} bytes"));
        Table(result, ["parameter", "shape", "type", "bytes", "verdict", "reason"], report.Parameters.Select(p => new[] { p.Name, Shape(p.Shape), p.Type, Number(p.Bytes), p.Verdict, p.Reason }));
        Table(result, ["constant", "shape", "type", "bytes", "reason"], report.Constants.Select(c => new[] { c.Name, Shape(c.Shape), c.Type, Number(c.Bytes), c.Reason }));
        Table(result, ["operator", "count", "gradient"], report.Ops.Select(o => new[] { o.Domain.Length > 0 ? $"{o.Domain}::{o.Op}" : o.Op, Number(o.Count), o.Gradient }));
    }

    /// <summary>A table with an empty line above; nothing where it has no rows.</summary>
    private static void Table(Result result, string[] columns, IEnumerable<string[]> rows)
    {
        var list = rows.ToList();
        if (list.Count > 0)
        {
            result.Line("");
            result.Table(columns, list);
        }
    }

    private static string[] Row(string kind, ManifestValue value) =>
        [kind, value.Name, value.Shape is { } shape ? $"[{string.Join(", ", shape.Select(d => d.Size is { } size ? Number(size) : d.Name ?? "?"))}]" : "?", value.Type];

    private static string Shape(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape.Select(Number))}]";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
