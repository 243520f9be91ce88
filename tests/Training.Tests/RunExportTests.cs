using NUnit.Framework;
using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class RunExportTests
{
    private string _root = "";

    private string Run => Path.Combine(_root, "run");

    private string Out => Path.Combine(_root, "repository", "line", "1");

    [SetUp]
    public void Make() => _root = Directory.CreateTempSubdirectory("export").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_root, true);

    [TestCase(null, 20f)]
    [TestCase("best", 20f)]
    [TestCase("last", 30f)]
    [TestCase("step-1", 10f)]
    public void OfRun_Checkpoint_GivesTheGraphItsParameters(string? checkpoint, float w)
    {
        WriteRun();
        using var target = OutputTarget.Folder(Out, force: false);
        var export = RunExport.OfRun(Run, checkpoint, target);

        Assert.That(export.Folder, Is.EqualTo(Out));
        Assert.That(export.Step, Is.EqualTo((long)w / 10));
        Assert.That(Compute(), Is.EqualTo(new[] { w + 1, 2 * w + 1 }));
    }

    [Test]
    public void OfRun_Manifest_HasNothingOfTheTrainingAndEveryHash()
    {
        WriteRun();
        File.WriteAllText(Path.Combine(Run, "config.json"), "{}");
        using var target = OutputTarget.Folder(Out, force: false);
        RunExport.OfRun(Run, null, target);

        var manifest = Manifest.Read(Path.Combine(Out, "manifest.json"));
        Assert.That((manifest.Loss, manifest.Optimizer, manifest.Target), Is.EqualTo(((ManifestLoss?)null, (ManifestOptimizer?)null, (string?)null)));
        Assert.That(manifest.Parameters.Select(p => p.Name), Is.EqualTo(new[] { "w", "b" }));
        Assert.That(manifest.Inputs.Single().Shape, Is.EqualTo(new ManifestDim[] { new(null, "batch"), new(1) }));
        Assert.That(manifest.Family, Is.EqualTo("line"));
        Assert.That(manifest.Files.Keys, Is.EqualTo(new[] { "config.json", "model.onnx" }));
        Assert.That(manifest.Files["model.onnx"], Is.EqualTo(Sha256.Of(Path.Combine(Out, "model.onnx"))));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void OfRun_ArtifactsOfALanguageModel_KeepTheTokenizerThatTheyHave(bool files)
    {
        WriteRun();
        var artifacts = Path.Combine(Run, "artifacts");
        (Manifest.Read(Path.Combine(artifacts, "manifest.json")) with { Tokenizer = new("wordpiece", 5) }).Write(Path.Combine(artifacts, "manifest.json"));
        if (files)
        {
            File.WriteAllLines(Path.Combine(artifacts, "vocab.txt"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]);
            File.WriteAllText(Path.Combine(artifacts, "config.json"), "{}");
        }

        using var target = OutputTarget.Folder(Out, force: false);
        RunExport.OfRun(Run, null, target);

        var manifest = Manifest.Read(Path.Combine(Out, "manifest.json"));
        Assert.That(manifest.Tokenizer, Is.EqualTo(files ? new ManifestTokenizer("wordpiece", 5) : null));
        Assert.That(manifest.Files.Keys, Is.EqualTo(files ? new[] { "config.json", "model.onnx", "vocab.txt" } : ["model.onnx"]));
    }

    [Test]
    public void OfRun_UnknownCheckpoint_NamesThoseThatAreThere()
    {
        WriteRun();
        using var target = OutputTarget.Folder(Out, force: false);

        Assert.That(() => RunExport.OfRun(Run, "step-7", target), Throws.TypeOf<TrainingException>().With.Message.Contains("best, last, step-1, step-2, step-3"));
    }

    [Test]
    public void OfRun_CheckpointOfAnotherModel_NamesTheParameter()
    {
        WriteRun();
        TensorFile.Write(Path.Combine(Run, "checkpoints", "step-3", "model.safetensors"), [new("w", Tensor.From<float>([1, 2], 1, 2)), new("b", Tensor.Vector<float>([1]))]);
        using var target = OutputTarget.Folder(Out, force: false);

        Assert.That(() => RunExport.OfRun(Run, "last", target), Throws.TypeOf<TrainingException>().With.Message.Contains("'w'"));
    }

    [Test]
    public void OfModel_DropoutLossAndLabels_AreGone()
    {
        var model = Line();
        var b = new GraphBuilder(model.Graph, 18);
        var y = model.Graph.Outputs[0];
        var dropped = b.Op("Dropout", [y, b.Constant(0.5f), b.Constant(Tensor.Scalar(true))]);
        model.Graph.Outputs.Clear();
        b.Output(dropped, "z");
        b.Output(b.ReduceMeanAll(b.Sub(dropped, b.Input("labels", ElementType.Float, ["batch", 1]))), "loss");
        var path = Path.Combine(_root, "model.onnx");
        ModelFile.Save(model, path);
        using var target = OutputTarget.Folder(Out, force: false);
        var export = RunExport.OfModel(path, target);

        Assert.That(export.Inputs, Is.EqualTo(new[] { "x" }));
        Assert.That(export.Outputs, Is.EqualTo(new[] { "z" }));
        Assert.That(Compute(), Is.EqualTo(new[] { 1f, 1f }));
        Assert.That(ModelFile.Load(Path.Combine(Out, "model.onnx")).Graph.Nodes.Select(n => n.OpType), Has.None.EqualTo("Dropout"));
    }

    /// <summary>y = x·w + b with w = 0 and b = 1.</summary>
    private static Model Line()
    {
        var graph = new Graph("line");
        var b = new GraphBuilder(graph, 18);
        b.Output(b.Gemm(b.Input("x", ElementType.Float, ["batch", 1]), b.Initializer("w", Tensor.From<float>([0], 1, 1)), b.Initializer("b", Tensor.Vector<float>([1]))), "y");
        var model = new Model(graph) { IrVersion = 8 };
        model.OpsetImports.Add("", 18);
        return model;
    }

    /// <summary>A run whose steps 1, 2 (the best) and 3 (the last) have w = 10, 20, 30.</summary>
    private void WriteRun()
    {
        var artifacts = Directory.CreateDirectory(Path.Combine(Run, "artifacts")).FullName;
        var model = Line();
        var places = InferenceData.Layout(model.Graph.Initializers.Select(v => (long)v.Initializer!.Bytes.Length));
        using (var stream = File.Create(Path.Combine(artifacts, "inference_model.onnx.data")))
        {
            InferenceData.Write(stream, places, [.. model.Graph.Initializers.Select(v => v.Initializer!)]);
        }

        ModelFile.Save(model, Path.Combine(artifacts, "inference_model.onnx"), new ExternalData("inference_model.onnx.data", model.Graph.Initializers.Zip(places).ToDictionary(p => p.First, p => p.Second)));
        new Manifest
        {
            Target = "stock",
            Loss = new("mse", "y", "target"),
            Optimizer = ManifestOptimizer.Sgd,
            Family = "line",
            Parameters = [new("w", [1, 1], "F32", true, Data: places[0]), new("b", [1], "F32", true, Data: places[1])],
        }.Write(Path.Combine(artifacts, "manifest.json"));

        File.WriteAllText(Path.Combine(Run, "run.json"), """{"config": {"verb": "train", "data": []}}""");
        for (var step = 1; step <= 3; step++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(Run, "checkpoints", $"step-{step}")).FullName;
            TensorFile.Write(Path.Combine(folder, "model.safetensors"), [new("w", Tensor.From<float>([10 * step], 1, 1)), new("b", Tensor.Vector<float>([1]))]);
            File.WriteAllText(Path.Combine(folder, "state.json"), $$"""{"step": {{step}}}""");
        }

        Directory.CreateSymbolicLink(Path.Combine(Run, "checkpoints", "best"), "step-2");
        Directory.CreateSymbolicLink(Path.Combine(Run, "checkpoints", "last"), "step-3");
    }

    /// <summary>What the exported graph gives for x = 1 and x = 2.</summary>
    private float[] Compute()
    {
        using var session = Session.Open(Path.Combine(Out, "model.onnx"));
        return session.Run([new("x", Tensor.From<float>([1, 2], 2, 1))])[0].Tensor.As<float>().ToArray();
    }
}
