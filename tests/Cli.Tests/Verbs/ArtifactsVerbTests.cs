using System.Text.Json;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Cli.Tests.Verbs;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ArtifactsVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("onnxpipe").FullName;

    private string Out => Path.Combine(_folder, "out");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Artifacts_EveryFlag_ReachesTheManifest()
    {
        var call = await Artifacts(
            "--loss", "cross-entropy", "--loss-input", "y", "--ignore-index", "-1", "--label-smoothing", "0.1", "--frozen", "w1", "--optimizer", "adamw", "--lr", "0.01", "--betas", "0.8,0.9",
            "--eps", "1e-8", "--weight-decay", "0.1", "--max-grad-norm", "2", "--adam-mode", "0", "--batch-norm", "train", "--output", "y", "--nominal", "--prefix", "p_", "--json");
        Assert.That(call.Code, Is.Zero, call.Error);
        var report = JsonDocument.Parse(call.Output).RootElement;
        Assert.That(report.GetProperty("files").EnumerateArray().Select(f => f.GetString()), Does.Contain("p_nominal_checkpoint").And.Contain("p_manifest.json"));
        var manifest = Manifest.Read(Path.Combine(Out, "p_manifest.json"));
        Assert.That(manifest.Loss, Is.EqualTo(new ManifestLoss("cross-entropy", "y", "labels", -1, LabelSmoothing: 0.1)));
        var optimizer = manifest.Optimizer!;
        Assert.That(
            (optimizer.Optimizer, optimizer.Lr, optimizer.Betas![0], optimizer.Betas[1], optimizer.Eps, optimizer.WeightDecay, optimizer.MaxGradNorm, optimizer.AdamMode, optimizer.Momentum),
            Is.EqualTo(("adamw", 0.01, 0.8, 0.9, (double?)1e-8, 0.1, (double?)2, (int?)0, (double?)null)));
        Assert.That(manifest.Parameters.Select(p => (p.Name, p.Trainable)), Is.EqualTo(new[] { ("w1", false), ("w2", true) }));
        Assert.That(manifest.Outputs.Select(o => o.Name), Is.EqualTo(new[] { "loss", "y" }));
    }

    [Test]
    public async Task Artifacts_ForPeople_CountsParametersAndListsFiles()
    {
        var call = await Artifacts("--loss", "mse", "--trainable", "w2");
        Assert.That(call.Code, Is.Zero, call.Error);
        Assert.That(call.Output, Does.Contain("1 of 2 parameters").And.Contain("4 of 10 numbers").And.Contain("mse of y").And.Contain("training_model.onnx"));
    }

    [TestCase("--loss", "hinge", TestName = "{m}(unknown loss)")]
    [TestCase("--batch-norm", "batch", TestName = "{m}(unknown statistics)")]
    [TestCase("--target", "browser", TestName = "{m}(unknown target)")]
    [TestCase("--adam-mode", "2", TestName = "{m}(unknown mode)")]
    [TestCase("--betas", "0.9", TestName = "{m}(one beta)")]
    [TestCase("--betas", "0.9,1", TestName = "{m}(beta of 1)")]
    [TestCase("--lr", "fast", TestName = "{m}(no number)")]
    [TestCase("--label-smoothing", "1", TestName = "{m}(everything smoothed)")]
    [TestCase("--momentum", "0.9", TestName = "{m}(momentum with adamw)")]
    [TestCase("--optimizer", "sgd", "--momentum", "1", "--target", "stock", TestName = "{m}(momentum of 1)")]
    [TestCase("--optimizer", "sgd", "--eps", "1", TestName = "{m}(eps with sgd)")]
    [TestCase("--optimizer", "none", "--lr", "1", TestName = "{m}(rate without optimizer)")]
    [TestCase("--loss", "mse", "--ignore-index", "0", TestName = "{m}(classes without cross-entropy)")]
    [TestCase("--prefix", "a/b", TestName = "{m}(prefix with a folder)")]
    [TestCase("--learning-rate", "1", TestName = "{m}(unknown flag)")]
    public async Task Artifacts_WrongUsage_Ends64AndWritesNothing(params string[] flags)
    {
        var call = await Artifacts(flags);
        Assert.That(call.Code, Is.EqualTo(64), call.Error);
        Assert.That(call.Error, Does.StartWith("error: "));
        Assert.That(Directory.GetFileSystemEntries(_folder), Has.Length.EqualTo(1), "the model only");
    }

    [TestCase(new[] { "--loss-input", "z" }, "'z'")]
    [TestCase(new[] { "--trainable", "v*" }, "w1")]
    [TestCase(new[] { "--trainable", "w1", "--frozen", "w*" }, "'w1'")]
    [TestCase(new[] { "--output", "z" }, "'z'")]
    [TestCase(new[] { "--optimizer", "sgd", "--momentum", "0.9" }, "--momentum")]
    [TestCase(new[] { "--optimizer", "sgd", "--weight-decay", "0.9" }, "--weight-decay")]
    [TestCase(new[] { "--loss", "none" }, "scalar")]
    public async Task Artifacts_WhatTheModelCannotDo_Ends1NamesItAndWritesNothing(string[] flags, string named)
    {
        var call = await Artifacts(flags);
        Assert.That(call.Code, Is.EqualTo(1), call.Error);
        Assert.That(call.Error, Does.StartWith("error: ").And.Contain(named));
        Assert.That(Directory.GetFileSystemEntries(_folder), Has.Length.EqualTo(1), "the model only");
    }

    [Test]
    public async Task Artifacts_FolderThatIsNotEmpty_IsReplacedOnlyByForce()
    {
        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, "mine.txt"), "");
        Assert.That((await Artifacts()).Code, Is.EqualTo(64));
        Assert.That((await Artifacts("--force")).Code, Is.Zero);
        Assert.That(Directory.GetFiles(Out).Select(f => Path.GetFileName(f)), Does.Contain("checkpoint").And.Not.Contain("mine.txt"));
    }

    [Test]
    public async Task Artifacts_TargetStock_KeepsMomentumInTheManifest()
    {
        var call = await Artifacts("--target", "stock", "--optimizer", "sgd", "--momentum", "0.9");
        Assert.That(call.Code, Is.Zero, call.Error);
        Assert.That(File.Exists(Path.Combine(Out, "step_model.onnx")));
        Assert.That(Manifest.Read(Path.Combine(Out, "manifest.json")).Optimizer!.Momentum, Is.EqualTo(0.9));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Artifacts_OfAModelFolderWithATokenizer_TakeItAlong(bool known)
    {
        new Manifest { Tokenizer = known ? new("wordpiece", 5) : null }.Write(Path.Combine(_folder, "manifest.json"));
        File.WriteAllLines(Path.Combine(_folder, "vocab.txt"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]);
        File.WriteAllText(Path.Combine(_folder, "config.json"), "{}");

        var call = await Artifacts("--loss", "mse");

        Assert.That(call.Code, Is.Zero, call.Error);
        Assert.That(Manifest.Read(Path.Combine(Out, "manifest.json")).Files.Keys.Where(name => name is "config.json" or "vocab.txt"), Is.EqualTo(known ? ["config.json", "vocab.txt"] : Array.Empty<string>()));
    }

    /// <summary>x [batch, 3] · w1 · w2 → y [batch, 2].</summary>
    private async Task<Call> Artifacts(params string[] flags)
    {
        var graph = new Graph("products");
        var build = new GraphBuilder(graph, 18);
        var hidden = build.MatMul(build.Input("x", ElementType.Float, ["batch", 3]), build.Initializer("w1", Tensor.From<float>([1, 2, 3, 4, 5, 6], 3, 2)));
        build.Output(build.MatMul(hidden, build.Initializer("w2", Tensor.From<float>([1, 2, 3, 4], 2, 2))), "y");
        var model = new Model(graph);
        model.OpsetImports.Add("", 18);
        var path = Path.Combine(_folder, "model.onnx");
        ModelFile.Save(model, path);
        return await Call.Of(["artifacts", "--model", path, "--out", Out, .. flags]);
    }
}
