using System.Runtime.InteropServices;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort.Engines;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Artifacts.Tests;

/// <summary>x [batch, 3] → BatchNormalization → fc [3, 2] → y [batch, 2].</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BatchNormalizationTests : IDisposable
{
    private const float Momentum = 0.75f;

    private static readonly string[] Layer = ["bn.weight", "bn.bias", "bn.mean", "bn.var"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Write_Frozen_LeavesTheStatisticsInTheModel()
    {
        var manifest = Write(Create(), new() { Loss = "mse" });
        Assert.That(manifest.Parameters.Select(p => p.Name), Is.EqualTo(new[] { "bn.weight", "bn.bias", "fc" }));
        var training = Load("training_model.onnx");
        Assert.That(Operators(training), Does.Contain("BatchNormalization").And.Not.Contain("BatchNormInternal"));
        Assert.That(training.Graph.Initializers.Select(v => v.Name), Is.SupersetOf(new[] { "bn.mean", "bn.var" }));
    }

    [Test]
    public void Write_FrozenOfAModelInTrainingMode_TakesTheStoredStatistics()
    {
        var (plain, inTraining) = (Create(), Create(training: true));
        Write(plain, new() { Loss = "mse" }, "plain");
        Write(inTraining, new() { Loss = "mse" });
        var (wanted, found) = (ModelFile.Load(_folder["plain/training_model.onnx"]), Load("training_model.onnx"));
        Assert.That(found.Graph.Nodes.Select(n => (n.OpType, n.Outputs.Count)), Is.EqualTo(wanted.Graph.Nodes.Select(n => (n.OpType, n.Outputs.Count))));
        Assert.That(found.Graph.Nodes.Select(n => n.Int("training_mode", 0)), Is.All.Zero);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Write_Trained_MakesTheStatisticsFrozenParameters(bool training)
    {
        var manifest = Write(Create(training), new() { Loss = "mse", BatchNormalization = BatchNormalizationMode.Train });
        Assert.That(manifest.Parameters.Select(p => (p.Name, p.Trainable)), Is.EqualTo(new[] { ("bn.weight", true), ("bn.bias", true), ("bn.mean", false), ("bn.var", false), ("fc", true) }));
        Assert.That(OdtcCheckpoint.Read(Out("checkpoint")).Frozen.Select(p => p.Name), Is.EqualTo(new[] { "bn.mean", "bn.var" }));
        var graph = Load("training_model.onnx").Graph;
        var node = graph.Nodes.Single(n => n.OpType == "BatchNormInternal");
        Assert.That(node.Inputs.Skip(3).Select(v => graph.Inputs.Contains(v!)), Is.All.True);
        Assert.That(node.Outputs.Select(v => v.Name), Has.All.Length.GreaterThan(0), "Microsoft's kernel writes in place what has a name");
        Assert.That(graph.Outputs.Select(v => v.Name), Is.EqualTo(new[] { "loss", "bn.weight_grad.accumulation.out", "bn.bias_grad.accumulation.out", "fc_grad.accumulation.out" }));
        foreach (var model in new[] { "eval_model.onnx", "inference_model.onnx" }.Select(Load))
        {
            var plain = model.Graph.Nodes.Single(n => n.OpType == "BatchNormalization");
            Assert.That((plain.Int("training_mode", 0), plain.Outputs.Count), Is.EqualTo((0L, 1)));
            Assert.That(plain.Inputs.Skip(1).Select(v => v!.Name), Is.EqualTo(Layer));
        }
    }

    [Test]
    public void Write_TrainedForStock_GivesTheStatisticsAfterTheGradients()
    {
        Write(Create(), new() { Loss = "mse", BatchNormalization = BatchNormalizationMode.Train, Target = ArtifactTarget.Stock });
        Assert.That(Load("step_model.onnx").Graph.Outputs.Select(v => v.Name), Is.EqualTo(new[] { "loss", "bn.weight_grad", "bn.bias_grad", "fc_grad", "bn.mean_running", "bn.var_running" }));
    }

    /// <summary>Loss and gradients by the interpreter in double, the function's body included.</summary>
    [Test]
    public void Write_TrainedForStock_DifferentiatesThroughTheBatch()
    {
        Write(Create(), new() { Loss = "mse", BatchNormalization = BatchNormalizationMode.Train, Target = ArtifactTarget.Stock });
        var model = Load("step_model.onnx");
        var feeds = Batch(5, 1).ToDictionary(b => b.Key, b => Array64.From(b.Value));
        var checkpoint = OdtcCheckpoint.Read(Out("checkpoint"));
        foreach (var parameter in checkpoint.Trainable.Concat(checkpoint.Frozen))
        {
            feeds.Add(parameter.Name, Array64.From(parameter.Tensor));
        }

        double At(string name, int place, double delta)
        {
            var moved = (double[])feeds[name].Doubles.Clone();
            moved[place] += delta;
            return Interpreter.Run(model, new Dictionary<string, Array64>(feeds) { [name] = new(moved, feeds[name].Dims) })["loss"].Doubles[0];
        }

        var run = Interpreter.Run(model, feeds);
        foreach (var name in checkpoint.Trainable.Select(p => p.Name))
        {
            var differences = Enumerable.Range(0, feeds[name].Count).Select(i => (At(name, i, 1e-5) - At(name, i, -1e-5)) / 2e-5);
            Assert.That(run[$"{name}_grad"].Doubles, Is.EqualTo(differences).Within(1e-8), name);
        }

        Assert.That(run["bn.mean_running"].Doubles, Is.EqualTo(Running(feeds["bn.mean"].Doubles, feeds["x"], (values, mean) => mean)).Within(1e-12));
    }

    [TestCase(ArtifactTarget.OrtTraining)]
    [TestCase(ArtifactTarget.Stock)]
    public void Engine_Steps_UpdateTheStatisticsAsOnnxDefines(ArtifactTarget target)
    {
        Write(Create(), new() { Loss = "mse", BatchNormalization = BatchNormalizationMode.Train, Target = target, Outputs = ["y"] });
        using var engine = StockEngine.Load(ArtifactFolder.Open(_folder["out"]), 1);
        Assert.That(engine.FurtherOutputs.Select(o => o.Name), Is.EqualTo(new[] { "y" }));
        var (mean, variance) = (Statistic(engine, "bn.mean").Select(v => (double)v).ToArray(), Statistic(engine, "bn.var").Select(v => (double)v).ToArray());
        foreach (var seed in new[] { 1, 2, 3 })
        {
            var batch = Batch(4 + seed, seed);
            Feed(engine, batch);
            engine.ForwardBackward(0.5f, 0, 0);
            mean = Running(mean, Array64.From(batch["x"]), (_, m) => m);
            variance = Running(variance, Array64.From(batch["x"]), (values, m) => values.Average(v => (v - m) * (v - m)));
            Assert.That(Statistic(engine, "bn.mean"), Is.EqualTo(mean).Within(1e-6));
            Assert.That(Statistic(engine, "bn.var"), Is.EqualTo(variance).Within(1e-6));
        }

        engine.Evaluate();
        Assert.That(Statistic(engine, "bn.mean"), Is.EqualTo(mean).Within(1e-6), "evaluation changes nothing");
    }

    [Test]
    public void Engine_OneBatchAgainAndAgain_BringsEvaluationToTheLossOfTraining()
    {
        Write(Create(), new() { Loss = "mse", BatchNormalization = BatchNormalizationMode.Train });
        using var engine = StockEngine.Load(ArtifactFolder.Open(_folder["out"]), 1);
        Feed(engine, Batch(6, 1));
        var loss = engine.ForwardBackward(1, 0, 0);
        Assert.That(engine.Evaluate(), Is.Not.EqualTo(loss).Within(1e-3));
        for (var i = 0; i < 60; i++)
        {
            Assert.That(engine.ForwardBackward(1, 0, 0), Is.EqualTo(loss));
        }

        Assert.That(engine.Evaluate(), Is.EqualTo(loss).Within(1e-5));
    }

    [Test]
    public void Write_LayerUsedTwice_UpdatesItsStatisticsTwice()
    {
        var model = Create(after: (b, x, layer) => Normalize(b, x, layer));
        Write(model, new() { Loss = "mse", BatchNormalization = BatchNormalizationMode.Train, Target = ArtifactTarget.Stock });
        var step = Load("step_model.onnx").Graph;
        var nodes = step.Nodes.Where(n => n.OpType == "BatchNormInternal").ToList();
        Assert.That(nodes, Has.Count.EqualTo(2));
        Assert.That(nodes[1].Inputs.Skip(3), Is.EqualTo(nodes[0].Outputs.Skip(1).Take(2)));
        Assert.That(step.Outputs.TakeLast(2), Is.EqualTo(nodes[1].Outputs.Skip(1).Take(2)));
        Assert.That(step.Outputs.TakeLast(2).Select(v => v.Name), Is.EqualTo(new[] { "bn.mean_running", "bn.var_running" }));
    }

    /// <summary>Exporters write equal numbers once: here the variance is the scale, and a second layer has the mean of the first.</summary>
    [Test]
    public void Write_StatisticsSharedWithOthers_BecomeOnesOfTheirOwn()
    {
        var model = Create(after: (b, x, layer) => Normalize(b, x, [layer[1], layer[0], layer[2], layer[1]], "second"));
        var manifest = Write(model, new() { Loss = "mse", BatchNormalization = BatchNormalizationMode.Train });
        Assert.That(manifest.Parameters.Where(p => !p.Trainable).Select(p => p.Name), Is.EqualTo(new[] { "bn.mean", "bn.var", "second.running_mean", "second.running_var" }));
        Assert.That(manifest.Parameters.Where(p => p.Trainable).Select(p => p.Name), Is.EqualTo(new[] { "bn.weight", "bn.bias", "fc" }));
    }

    [Test]
    public void Write_StatisticsToBeTrained_AreRefusedWhereTheBatchGivesThem()
    {
        Assert.That(Write(Create(), new() { Loss = "mse", Trainable = ["bn.*"] }).Parameters.Select(p => p.Name), Is.SupersetOf(Layer));
        Assert.That(() => Write(Create(), new() { Loss = "mse", Trainable = ["bn.*"], BatchNormalization = BatchNormalizationMode.Train }, "again"),
            Throws.TypeOf<ArtifactsException>().With.Message.Contains("'bn.mean'").And.Message.Contains("--trainable"));
    }

    [Test]
    public void Write_TrainedWithoutAnyLayer_SaysThatNothingChanges()
    {
        List<string> said = [];
        using var target = OutputTarget.Folder(_folder["out"], force: true);
        ArtifactWriter.Write(Mlp.Create(), new() { Loss = "mse", BatchNormalization = BatchNormalizationMode.Train }, target, said.Add);
        Assert.That(said, Has.One.Contains("no BatchNormalization"));
    }

    [Test]
    public void InferenceGraph_OfAnOldModelInTrainingMode_TakesTheStoredStatistics()
    {
        var model = Old(out var node);
        var inference = InferenceGraph.Of(model).Graph;
        Assert.That(inference.Nodes.Single().Outputs.Select(v => v.Name), Is.EqualTo(new[] { "y" }));
        Assert.That(inference.Nodes.Single().Inputs.Skip(1).Select(v => v!.Name), Is.EqualTo(Layer));

        model.Graph.Outputs.Add(node.Outputs[3]);
        Assert.That(() => InferenceGraph.Of(model), Throws.TypeOf<ArtifactsException>().With.Message.Contains("'saved_mean'"));

        static Model Old(out Node node)
        {
            var graph = new Graph("old");
            var b = new GraphBuilder(graph, 18);
            node = b.Ops("BatchNormalization", [b.Input("x", ElementType.Float, ["batch", 3]), .. Layer.Select((name, i) => b.Initializer(name, Mlp.Random(i, 3)))], 5);
            foreach (var (value, name) in node.Outputs.Zip(["y", "mean", "var", "saved_mean", "saved_var"]))
            {
                value.Name = name;
            }

            graph.Outputs.Add(node.Outputs[0]);
            var model = new Model(graph);
            model.OpsetImports.Add("", 11);
            return model;
        }
    }

    private static Model Create(bool training = false, Func<GraphBuilder, Value, Value[], Value>? after = null)
    {
        var graph = new Graph("normalized");
        var b = new GraphBuilder(graph, 18);
        var x = b.Input("x", ElementType.Float, ["batch", 3]);
        Value[] layer = [.. Layer.Select((name, i) => b.Initializer(name, i == 3 ? Tensor.Vector(0.5f, 1, 2) : Mlp.Random(i, 3)))];
        var normalized = Normalize(b, x, layer, "bn", training);
        b.Output(b.MatMul(after?.Invoke(b, normalized, layer) ?? normalized, b.Initializer("fc", Mlp.Random(7, 3, 2))), "y");
        var model = new Model(graph);
        model.OpsetImports.Add("", 18);
        return model;
    }

    private static Value Normalize(GraphBuilder b, Value x, Value[] layer, string? name = null, bool training = false) =>
        b.Ops("BatchNormalization", [x, .. layer], training ? 3 : 1, [("momentum", Momentum), ("training_mode", training ? 1 : 0)], name: name).Outputs[0];

    private static Dictionary<string, Tensor> Batch(int rows, int seed) => new() { ["x"] = Mlp.Random(seed, rows, 3), ["target"] = Mlp.Random(seed + 100, rows, 2) };

    private static double[] Running(double[] before, Array64 x, Func<double[], double, double> statistic) =>
        [.. before.Select((old, c) =>
        {
            var values = Enumerable.Range(0, x.Dims[0]).Select(row => x.Doubles[(row * 3) + c]).ToArray();
            return (Momentum * old) + ((1 - Momentum) * statistic(values, values.Average()));
        })];

    private static void Feed(StockEngine engine, Dictionary<string, Tensor> batch)
    {
        for (var i = 0; i < engine.Inputs.Count; i++)
        {
            var tensor = batch[engine.Inputs[i].Name];
            tensor.Bytes.Span.CopyTo(engine.Input(i, [.. tensor.Dims]));
        }
    }

    private static float[] Statistic(StockEngine engine, string name) =>
        MemoryMarshal.Cast<byte, float>(engine.Parameter(engine.Parameters.Index().First(p => p.Item.Name == name).Index).Span).ToArray();

    private static IEnumerable<string> Operators(Model model) => model.Graph.Nodes.Select(n => n.OpType);

    private string Out(string name) => Path.Combine(_folder["out"], name);

    private Model Load(string name) => ModelFile.Load(Out(name));

    private Manifest Write(Model model, ArtifactOptions options, string folder = "out")
    {
        using var target = OutputTarget.Folder(_folder[folder], force: true);
        var manifest = ArtifactWriter.Write(model, options, target);
        target.Commit();
        return manifest;
    }
}
