using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Training.Tests;

/// <summary>What a run may ask of Microsoft's runtime, whose optimizer graph is in the artifacts.</summary>
[TestFixture]
public sealed class BakedOptimizerTests
{
    private static readonly RunConfig Plain = new() { Verb = "train", Data = ["data"], Lr = 5e-4, Betas = [0.8, 0.99], Eps = 1e-7, WeightDecay = 0.0123456789, MaxGradNorm = 2, AdamMode = 0 };

    private string _folder = "";
    private string _plain = "";

    [OneTimeSetUp]
    public void Make()
    {
        _folder = Make("AdamWOptimizer", ("alpha", 0.8f), ("beta", 0.99f), ("epsilon", 1e-7f), ("weight_decay", 0.0123456789f), ("adam_mode", 0));
        _plain = Make("SGDOptimizerV2");
    }

    private static string Make(string optimizer, params (string, AttributeValue)[] attributes)
    {
        var folder = Directory.CreateTempSubdirectory("baked").FullName;
        var b = new GraphBuilder(new Graph("optimizer"), 18);
        var clipped = b.Op("InplaceClipGradNorm", [b.Input("gradients", ElementType.Float, [1])], [("max_norm", 2f)], "com.microsoft");
        b.Output(b.Op(optimizer, [clipped], attributes, "com.microsoft"), "done");
        var model = new Model(b.Graph) { IrVersion = 8 };
        model.OpsetImports.Add("", 18);
        model.OpsetImports.Add("com.microsoft", 1);
        new Manifest().Write(Path.Combine(folder, "manifest.json"));
        ModelFile.Save(model, ArtifactFolder.Open(folder).OptimizerModel);
        return folder;
    }

    [OneTimeTearDown]
    public void Remove()
    {
        Directory.Delete(_folder, true);
        Directory.Delete(_plain, true);
    }

    [Test]
    public void Require_DecayOfSgd_IsRefused()
    {
        var sgd = new RunConfig { Verb = "train", Data = ["data"], Optimizer = "sgd", MaxGradNorm = 2 };
        Assert.That(() => BakedOptimizer.Require(sgd, ArtifactFolder.Open(_plain)), Throws.Nothing);
        Assert.That(() => BakedOptimizer.Require(sgd with { WeightDecay = 0.1 }, ArtifactFolder.Open(_plain)), Throws.TypeOf<TrainingException>().With.Message.Contains("--weight-decay 0.1"));
    }

    [Test]
    public void Require_WhatTheGraphHas_IsTakenWithAnyRate() =>
        Assert.That(() => BakedOptimizer.Require(Plain with { Lr = 0.3, Schedule = "cosine" }, ArtifactFolder.Open(_folder)), Throws.Nothing);

    private static IEnumerable<TestCaseData> Others() =>
        from refused in new (string Flag, RunConfig Config, string Reason)[]
        {
            ("--accumulation", Plain with { Accumulation = 2 }, "sums"),
            ("--group", Plain with { Group = ["*: lr=1"] }, "one setting"),
            ("--no-decay", Plain with { NoDecay = ["*"] }, "one setting"),
            ("--weight-decay", Plain with { Verb = "pretrain" }, "--weight-decay 0"),
            ("--weight-decay", Plain with { WeightDecay = 0.1 }, "0.0123"),
            ("--momentum", Plain with { Momentum = 0.9 }, "has none"),
            ("--optimizer", Plain with { Optimizer = "sgd" }, "adamw"),
            ("--betas", Plain with { Beta1 = 0.9 }, "0.8,0.99"),
            ("--eps", Plain with { Eps = 1e-8 }, "1E-07"),
            ("--adam-mode", Plain with { AdamMode = 1 }, "with 0"),
            ("--max-grad-norm", Plain with { MaxGradNorm = null }, "not set"),
        }
        select new TestCaseData(refused.Config, refused.Flag, refused.Reason).SetArgDisplayNames($"{refused.Flag}, {refused.Reason}");

    [TestCaseSource(nameof(Others))]
    public void Require_WhatTheGraphDoesNotHave_IsRefusedWithTheReason(RunConfig config, string flag, string reason) =>
        Assert.That(() => BakedOptimizer.Require(config, ArtifactFolder.Open(_folder)),
            Throws.TypeOf<TrainingException>().With.Message.Contains(flag).And.Message.Contains(reason).And.Message.Contains("--engine stock").And.Property("ExitCode").EqualTo(64));
}
