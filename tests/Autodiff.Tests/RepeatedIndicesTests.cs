using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Autodiff.Tests;

/// <summary>
/// Gradients that add up where an index repeats, in ONNX Runtime on two threads: 2 rows, thousands of indices, all of which hit the same few
/// places. Every update is a 1, so that one lost is seen.
/// </summary>
public sealed class RepeatedIndicesTests
{
    private const int Runs = 40;

    [TestCase("Gather", 1024)]
    [TestCase("Gather", 20000)]
    [TestCase("GatherElements", 1024)]
    [TestCase("GatherElements", 20000)]
    [TestCase("GatherND", 1024)]
    [TestCase("GatherND", 20000)]
    [TestCase("GatherND of rows", 20000)]
    public void Gradient_OnTwoThreads_LosesNoUpdate(string form, int count)
    {
        var op = form.Split(' ')[0];
        const int width = 16;
        var model = new Model(new Graph("gather")) { IrVersion = 9 };
        foreach (var (domain, version) in new[] { ("", 18), ("com.microsoft", 1) })
        {
            model.OpsetImports.Add(domain, version);
        }

        var build = new GraphBuilder(model.Graph, 18);
        var x = build.Input("x", ElementType.Float, [2, width]);
        var points = op == "GatherND" && form == op;
        Shape shape = op == "Gather" ? [count] : op == "GatherElements" ? [count, width] : [count, points ? 2 : 1];
        var indices = build.Input("indices", ElementType.Int64, shape);
        build.Output(Backward.Append(model.Graph, model.OpsetImports, build.ReduceSumAll(build.Op(op, [x, indices])), [x])[x]);
        FunctionLibrary.Default.AddBodies(model);
        using var session = Session.Open(ModelFile.ToBytes(model), op, new() { Threads = 2 });

        var places = Enumerable.Range(0, (int)shape.Count!.Value).Select(i => points && i % 2 == 1 ? i / 2 % width : (long)(i % 3 == 0 ? 0 : 1)).ToArray();
        var wanted = new float[2 * width];
        for (var i = 0; i < (points ? count : places.Length); i++)
        {
            if (points)
            {
                wanted[(places[2 * i] * width) + places[(2 * i) + 1]]++;
            }
            else if (op == "GatherElements")
            {
                wanted[(places[i] * width) + (i % width)]++;
            }
            else
            {
                for (var column = 0; column < width; column++)
                {
                    wanted[(places[i] * width) + column]++;
                }
            }
        }

        NamedTensor[] feeds = [new("x", Tensor.From<float>(new float[2 * width], 2, width)), new("indices", Tensor.From<long>(places, [.. shape.Select(d => d.Value)]))];
        for (var run = 0; run < Runs; run++)
        {
            Assert.That(session.Run(feeds)[0].Tensor.As<float>().ToArray(), Is.EqualTo(wanted), $"run {run}");
        }
    }
}
