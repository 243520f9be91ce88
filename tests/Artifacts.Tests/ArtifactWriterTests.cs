using System.Security.Cryptography;
using NUnit.Framework;
using OnnxPipeline.Autodiff;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Reference;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Artifacts.Tests;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ArtifactWriterTests : IDisposable
{
    private static readonly string[] FileNames =
        ["checkpoint", "eval_model.onnx", "inference_model.onnx", "inference_model.onnx.data", "manifest.json", "optimizer_model.onnx", "training_model.onnx"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Write_Mlp_HasMicrosoftsNamesAndOrders()
    {
        Write(new() { Loss = "mse" });
        var training = Load("training_model.onnx");
        Assert.That(Names(training.Graph.Inputs), Is.EqualTo((string[])["x", "target", .. Mlp.Parameters, .. Mlp.Parameters.Select(p => $"{p}_grad.accumulation.buffer"), "lazy_reset_grad"]));
        Assert.That(Names(training.Graph.Outputs), Is.EqualTo((string[])["loss", .. Mlp.Parameters.Select(p => $"{p}_grad.accumulation.out")]));
        var evaluation = Load("eval_model.onnx");
        Assert.That(Names(evaluation.Graph.Inputs), Is.EqualTo((string[])["x", "target", .. Mlp.Parameters]));
        Assert.That(Names(evaluation.Graph.Outputs), Is.EqualTo(new[] { "loss" }));
        var optimizer = Load("optimizer_model.onnx");
        Assert.That(Names(optimizer.Graph.Inputs), Is.EqualTo(new[] { "learning_rate", "step", "params", "gradients", "first_order_moments", "second_order_moments" }));
        Assert.That(_folder.Names, Is.EqualTo(new[] { "out" }));
        Assert.That(Files(), Is.EqualTo(FileNames));
    }

    [Test]
    public void Write_Graphs_StayWithinWhatMicrosoftsRuntimeLoads()
    {
        Write(new() { Loss = "bce" });
        foreach (var model in new[] { "training_model.onnx", "eval_model.onnx", "optimizer_model.onnx", "inference_model.onnx" }.Select(Load))
        {
            Assert.That(model.Opset, Is.InRange(18, 21));
            Assert.That(model.IrVersion, Is.LessThanOrEqualTo(10));
            Assert.That(model.Functions.Select(f => f.Domain), Has.None.EqualTo(""));
        }
    }

    [Test]
    public void Write_EveryOwnOperator_HasABody()
    {
        Write(new(), Mlp.Create((b, x) => b.LayerNormalization(x, b.Initializer("norm.weight", Mlp.Random(1, 4)), b.Initializer("norm.bias", Mlp.Random(2, 4)))));
        var training = Load("training_model.onnx");
        var bodies = training.Functions.Select(f => (f.Domain, f.Name)).ToHashSet();
        var without = training.Graph.AllNodes().Where(n => n.Domain.Length > 0 && !bodies.Contains((n.Domain, n.OpType))).Select(n => n.OpType).Distinct();
        Assert.That(without, Is.SubsetOf(new[] { "InPlaceAccumulatorV2", "FusedMatMul" }), "what writes in place, and what every ONNX Runtime has");
        Assert.That(bodies.Select(b => b.Name), Does.Contain("LayerNormalizationGrad").And.Contain("SoftmaxCrossEntropyLossGrad"));
    }

    /// <summary>A program brings an operator: with its rule and body it trains as the same thing spelled in ONNX's operators.</summary>
    [Test]
    public void Write_OperatorOfTheUser_TrainsByItsRuleAndBody()
    {
        static Value Square(GraphBuilder b, Value x)
        {
            var y = b.Op("Square", [x], domain: "test");
            y.Type = x.Type;
            return y;
        }

        var options = new ArtifactOptions
        {
            Loss = "mse",
            Gradients = GradientTable.Default.With("test", "Square", 1, c => [c.Build.Mul(c.Dy, c.Scaled(c.X(0), 2))]),
            Functions = FunctionLibrary.Default.With(new FusedOperator("test", "Square") { Doc = "y = x*x", Inputs = ["x"], Outputs = ["y"], Body = (b, inputs) => [b.Mul(inputs[0], inputs[0])] }),
        };
        var own = Mlp.Create(Square);
        own.OpsetImports.Add("test", 1);
        var found = Gradients("own", own, options);
        var wanted = Gradients("plain", Mlp.Create((b, x) => b.Mul(x, x)), new() { Loss = "mse" });
        Assert.That(wanted.Any(x => x != 0));
        Assert.That(found, Is.EqualTo(wanted).Within(1e-6));
    }

    [Test]
    public void Write_TrainablePattern_FreezesTheOthers()
    {
        var manifest = Write(new() { Trainable = ["fc2.*"] });
        var training = Load("training_model.onnx");
        Assert.That(Names(training.Graph.Inputs), Is.EqualTo((string[])["x", "labels", .. Mlp.Parameters, "fc2.weight_grad.accumulation.buffer", "fc2.bias_grad.accumulation.buffer", "lazy_reset_grad"]));
        Assert.That(training.Graph.AllNodes().Select(n => n.Name), Has.None.Contains("Relu_Grad"), "a frozen trunk has no gradient nodes");
        var checkpoint = OdtcCheckpoint.Read(Out("checkpoint"));
        Assert.That(checkpoint.Trainable.Select(t => t.Name), Is.EqualTo(new[] { "fc2.weight", "fc2.bias" }));
        Assert.That(checkpoint.Frozen.Select(t => t.Name), Is.EqualTo(new[] { "fc1.weight", "fc1.bias" }));
        Assert.That(checkpoint.OptimizerGroups, Is.Null);
        Assert.That(manifest.Parameters.Select(p => p.Trainable), Is.EqualTo(new[] { false, false, true, true }));
    }

    [Test]
    public void Write_Prefix_StandsBeforeEveryFile()
    {
        Write(new() { Prefix = "p_", Nominal = true });
        Assert.That(Files(), Is.EqualTo(FileNames.Append("nominal_checkpoint").Order(StringComparer.Ordinal).Select(n => "p_" + n)));
        Assert.That(ArtifactFolder.Open(_folder["out"]).Prefix, Is.EqualTo("p_"));
        Assert.That(ModelFile.Load(Out("p_inference_model.onnx")).Graph.Initializers.Select(v => v.Name), Does.Contain("fc1.weight"), "its data are found beside it");
    }

    [Test]
    public void Write_Nominal_HasNamesAndTypesOnly()
    {
        Write(new() { Nominal = true, Frozen = ["fc1.bias"] });
        var nominal = OdtcCheckpoint.Read(Out("nominal_checkpoint"));
        Assert.That(nominal.Nominal);
        Assert.That(nominal.Trainable.Select(t => t.Name), Is.EqualTo(new[] { "fc1.weight", "fc2.weight", "fc2.bias" }));
        Assert.That(nominal.Frozen.Select(t => t.Name), Is.EqualTo(new[] { "fc1.bias" }));
        Assert.That(OdtcCheckpoint.Read(Out("checkpoint")).Nominal, Is.False);
    }

    [Test]
    public void Write_FurtherOutputs_FollowTheLoss()
    {
        var manifest = Write(new() { Loss = "l1", Outputs = ["y"] });
        Assert.That(Names(Load("training_model.onnx").Graph.Outputs).Take(3), Is.EqualTo(new[] { "loss", "y", "fc1.weight_grad.accumulation.out" }));
        Assert.That(Names(Load("eval_model.onnx").Graph.Outputs), Is.EqualTo(new[] { "loss", "y" }));
        Assert.That(manifest.Outputs.Select(o => o.Name), Is.EqualTo(new[] { "loss", "y" }));
        Assert.That(() => Write(new() { Outputs = ["z"] }), Throws.TypeOf<ArtifactsException>().With.Message.Contains("'z'"));
        Assert.That(() => Write(new() { Outputs = ["y", "y"] }), Throws.TypeOf<ArtifactsException>().With.Message.Contains("twice"));
    }

    [Test]
    public void Write_Hits_AreCountedInTheEvaluationGraphOnly()
    {
        Write(new() { Outputs = ["y"], Hits = new Dictionary<string, string> { ["accuracy"] = "labels" } });
        Assert.That(Names(Load("training_model.onnx").Graph.Outputs), Has.None.EqualTo("accuracy"));
        var evaluation = Load("eval_model.onnx");
        Assert.That(Names(evaluation.Graph.Outputs), Is.EqualTo(new[] { "loss", "y", "accuracy" }));
        var labels = Enumerable.Range(0, 40).Select(i => i % 4 == 0 ? -100L : i % 3 % 2).ToArray();
        var feeds = OdtcCheckpoint.Read(Out("checkpoint")).Trainable.ToDictionary(p => p.Name, p => Array64.From(p.Tensor));
        feeds.Add("x", Array64.From(Mlp.Random(9, 40, 3)));
        feeds.Add("labels", new Array64(labels, 40));
        var found = Interpreter.Run(evaluation, feeds);

        var y = found[evaluation.Graph.Outputs[1]].Doubles;
        var hits = labels.Where((label, i) => label == (y[2 * i] >= y[(2 * i) + 1] ? 0 : 1)).Count();
        Assert.That(hits, Is.InRange(1, 29));
        Assert.That(found[evaluation.Graph.Outputs[2]].Doubles, Is.EqualTo(new double[] { hits, 30 }));
        Assert.That(() => Write(new() { Loss = "mse", Hits = new Dictionary<string, string> { ["accuracy"] = "labels" } }), Throws.TypeOf<ArtifactsException>().With.Message.Contains("'labels'"));
    }

    [Test]
    public void Write_Manifest_SaysWhatWasMade()
    {
        Write(new() { Loss = "cross-entropy", IgnoreIndex = -1, Optimizer = ManifestOptimizer.AdamW with { Lr = 0.01, MaxGradNorm = 1 } });
        var manifest = Manifest.Read(Out("manifest.json"));
        Assert.That(manifest.Target, Is.EqualTo("ort-training"));
        Assert.That(manifest.Loss, Is.EqualTo(new ManifestLoss("cross-entropy", "y", "labels", -1)));
        Assert.That(manifest.Optimizer!.Lr, Is.EqualTo(0.01));
        Assert.That(manifest.Optimizer.MaxGradNorm, Is.EqualTo(1));
        Assert.That(manifest.Opset, Is.EqualTo(18));
        Assert.That(manifest.Inputs.Select(i => (i.Name, i.Type)), Is.EqualTo(new[] { ("x", "F32"), ("labels", "I64") }));
        Assert.That(manifest.Inputs[1].Shape, Is.EqualTo(new[] { new ManifestDim(null, "batch") }));
        Assert.That(manifest.Parameters.Select(p => p.Name), Is.EqualTo(Mlp.Parameters));
        Assert.That(manifest.Parameters[0].Shape, Is.EqualTo(new[] { 3L, 4 }));
        Assert.That(manifest.Files.Keys, Is.EqualTo(FileNames.Except(["manifest.json"])));
        foreach (var (name, hash) in manifest.Files)
        {
            Assert.That(hash, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Out(name))))), name);
        }
    }

    [Test]
    public void Write_InferenceData_LiesAlignedInParameterOrder()
    {
        var manifest = Write(new() { Loss = "mse" });
        var data = File.ReadAllBytes(Out("inference_model.onnx.data"));
        var source = Mlp.Create().Graph.Initializers.ToDictionary(v => v.Name, v => v.Initializer!);
        Assert.That(manifest.Parameters.Select(p => p.Data!.Offset), Is.EqualTo(new[] { 0L, 64, 128, 192 }));
        foreach (var parameter in manifest.Parameters)
        {
            Assert.That(data.AsSpan((int)parameter.Data!.Offset, (int)parameter.Data.Length).SequenceEqual(source[parameter.Name].Bytes.Span), parameter.Name);
        }

        var inference = Load("inference_model.onnx");
        Assert.That(Names(inference.Graph.Inputs), Is.EqualTo(new[] { "x" }));
        Assert.That(Names(inference.Graph.Outputs), Is.EqualTo(new[] { "y" }));
        Assert.That(inference.Graph.Initializers.Single(v => v.Name == "fc2.weight").Initializer!.Bytes.ToArray(), Is.EqualTo(source["fc2.weight"].Bytes.ToArray()));
        Assert.That(File.ReadAllBytes(Out("inference_model.onnx")), Has.Length.LessThan(4096));
    }

    [Test]
    public void Write_Again_GivesTheSameBytes()
    {
        var options = new ArtifactOptions { Nominal = true, Outputs = ["y"] };
        Write(options);
        var first = Files().ToDictionary(n => n, n => File.ReadAllBytes(Out(n)));
        Write(options);
        Assert.That(Files().ToDictionary(n => n, n => File.ReadAllBytes(Out(n))), Is.EqualTo(first));
    }

    [TestCase("labels", "cross-entropy")]
    [TestCase("target", "mse")]
    [TestCase("loss", "mse")]
    [TestCase("fc1.weight_grad", "mse")]
    [TestCase("lazy_reset_grad", "mse")]
    public void Write_NameThatTheArtifactsNeed_IsTaken(string name, string loss)
    {
        var model = Mlp.Create((b, x) =>
        {
            var named = b.Neg(x);
            named.Name = name;
            return named;
        });
        Assert.That(() => Write(new() { Loss = loss }, model), Throws.TypeOf<ArtifactsException>().With.Message.Contains($"'{name}'"));
    }

    [Test]
    public void Write_InputThatLooksLikeAGradient_IsRefused()
    {
        var model = Mlp.Create();
        model.Graph.Inputs[0].Name = "x_grad";
        Assert.That(() => Write(new(), model), Throws.TypeOf<ArtifactsException>().With.Message.Contains("'x_grad'"));
    }

    [Test]
    public void Write_NewerOpset_IsLowered()
    {
        Write(new(), Mlp.Create((b, x) => b.Op("Swish", [x]), opset: 24));
        var training = Load("training_model.onnx");
        Assert.That(training.Opset, Is.EqualTo(21));
        Assert.That(training.Graph.Nodes.Select(n => n.OpType), Has.None.EqualTo("Swish").And.Some.EqualTo("Sigmoid"));
    }

    [Test]
    public void Write_OperatorThatHasNoOlderForm_IsRefusedByName() =>
        Assert.That(() => Write(new(), Mlp.Create((b, x) => b.Op("TensorScatter", [x, x]), opset: 24)), Throws.InstanceOf<Ir.IrException>().With.Message.Contains("TensorScatter").And.Message.Contains("21"));

    [Test]
    public void Write_NewerIrVersion_IsLowered()
    {
        var model = Mlp.Create();
        model.IrVersion = 13;
        Write(new(), model);
        Assert.That(Load("training_model.onnx").IrVersion, Is.LessThanOrEqualTo(10));
    }

    [Test]
    public void Write_LossWithoutWeights_SaysThatThereIsNothingToTrain()
    {
        var graph = new Graph("plain");
        var build = new GraphBuilder(graph, 18);
        build.Output(build.Neg(build.Input("x", ElementType.Float, ["batch", 3])), "y");
        var model = new Model(graph);
        model.OpsetImports.Add("", 18);
        Assert.That(() => Write(new(), model), Throws.TypeOf<ArtifactsException>().With.Message.Contains("nothing to train"));
    }

    [Test]
    public void Write_DropoutOfOurModels_IsActiveInTrainingOnly()
    {
        Write(new() { Known = new Manifest { Family = "gpt2" } }, Mlp.Create((b, x) => b.Op("Dropout", [x, b.Constant(0.5f)])));
        var dropout = Load("training_model.onnx").Graph.Nodes.Single(n => n.OpType == "Dropout");
        Assert.That(dropout.Input(2)!.ConstantData!.As<bool>().ToArray(), Is.EqualTo(new[] { true }));
        Assert.That(Load("training_model.onnx").Graph.Nodes.Select(n => n.OpType), Does.Contain("DropoutGrad"));
        Assert.That(Load("eval_model.onnx").Graph.Nodes.Select(n => n.OpType), Has.None.EqualTo("Dropout"));
        Assert.That(Load("inference_model.onnx").Graph.Nodes.Select(n => n.OpType), Has.None.EqualTo("Dropout"));
    }

    [Test]
    public void Write_Sgd_HoldsNeitherDecayNorMomentum()
    {
        Write(new() { Optimizer = ManifestOptimizer.Sgd });
        Assert.That(Load("optimizer_model.onnx").Graph.Nodes.Single().OpType, Is.EqualTo("SGDOptimizerV2"));
        Assert.That(Names(Load("optimizer_model.onnx").Graph.Inputs), Has.Count.EqualTo(5));
        Assert.That(() => Write(new() { Optimizer = ManifestOptimizer.Sgd with { Momentum = 0.9 } }), Throws.TypeOf<ArtifactsException>().With.Message.Contains("--momentum"));
        Assert.That(() => Write(new() { Optimizer = ManifestOptimizer.Sgd with { WeightDecay = 0.1 } }), Throws.TypeOf<ArtifactsException>().With.Message.Contains("--weight-decay"));
    }

    [Test]
    public void Write_AdamW_BakesItsValues()
    {
        Write(new() { Optimizer = new("adamw", 0.01, [0.8, 0.9], 1e-8, 0.1, 2, 0) });
        var nodes = Load("optimizer_model.onnx").Graph.Nodes.ToList();
        Assert.That(nodes.Select(n => n.OpType), Is.EqualTo(new[] { "InplaceClipGradNorm", "AdamWOptimizer" }));
        Assert.That(nodes[0].Float("max_norm", 0), Is.EqualTo(2));
        Assert.That((nodes[1].Float("alpha", 0), nodes[1].Float("beta", 0), nodes[1].Float("epsilon", 0), nodes[1].Float("weight_decay", 0)), Is.EqualTo((0.8f, 0.9f, 1e-8f, 0.1f)));
        Assert.That((nodes[1].Int("correct_bias", 0), nodes[1].Int("adam_mode", 1)), Is.EqualTo((1L, 0L)));
    }

    [Test]
    public void Write_NoOptimizer_WritesNoOptimizerGraph()
    {
        var manifest = Write(new() { Optimizer = null });
        Assert.That(Files(), Is.EqualTo(FileNames.Except(["optimizer_model.onnx"])));
        Assert.That(manifest.Optimizer, Is.Null);
    }

    [Test]
    public void Write_KnownModel_KeepsWhatItsManifestSays()
    {
        var known = new Manifest
        {
            Family = "gpt2",
            Task = "clm",
            LabelNames = ["no", "yes"],
            Tokenizer = new("bpe", 100),
            Parameters = [new("fc1.weight", [3, 4], "F32", false)],
            Files = { ["model.onnx"] = "0" },
        };
        var manifest = Write(new() { Known = known });
        Assert.That((manifest.Family, manifest.Task, manifest.Tokenizer), Is.EqualTo(("gpt2", "clm", known.Tokenizer)));
        Assert.That(manifest.LabelNames, Is.EqualTo(known.LabelNames));
        Assert.That(manifest.Parameters.Where(p => !p.Trainable).Select(p => p.Name), Is.EqualTo(new[] { "fc1.weight" }));
        Assert.That(manifest.Files.Keys, Does.Not.Contain("model.onnx"));
    }

    [Test]
    public void Write_TargetStock_GivesGradientsAsOutputs()
    {
        var manifest = Write(new() { Target = ArtifactTarget.Stock, Optimizer = ManifestOptimizer.Sgd with { Momentum = 0.9 }, Outputs = ["y"] });
        Assert.That(Files(), Is.EqualTo(new[] { "checkpoint", "eval_model.onnx", "inference_model.onnx", "inference_model.onnx.data", "manifest.json", "step_model.onnx" }));
        var step = Load("step_model.onnx");
        Assert.That(Names(step.Graph.Inputs), Is.EqualTo((string[])["x", "labels", .. Mlp.Parameters]));
        Assert.That(Names(step.Graph.Outputs), Is.EqualTo((string[])["loss", "y", .. Mlp.Parameters.Select(p => $"{p}_grad")]));
        Assert.That((manifest.Target, manifest.Optimizer!.Momentum), Is.EqualTo(("stock", 0.9)));
    }

    [Test]
    public void Write_KnownShapes_NeedNoShapeNodes()
    {
        Write(new() { Loss = "mse" });
        var training = Load("training_model.onnx").Graph;
        var shapes = training.Nodes.Where(n => n.OpType is "Shape" or "Size").Select(n => n.Inputs[0]!.Shape!);
        Assert.That(shapes, Has.None.Matches<Shape>(s => s!.IsStatic), "only what depends on the batch is asked at run time");
        Assert.That(training.Nodes.Select(n => n.Name), Is.Unique);
    }

    private Manifest Write(ArtifactOptions options, Model? model = null)
    {
        using var target = OutputTarget.Folder(_folder["out"], force: true);
        var manifest = ArtifactWriter.Write(model ?? Mlp.Create(), options, target);
        target.Commit();
        return manifest;
    }

    private string Out(string name) => Path.Combine(_folder["out"], name);

    private Model Load(string name) => ModelFile.Load(Out(name));

    private IEnumerable<string> Files() => Directory.GetFiles(_folder["out"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    private static List<string> Names(IEnumerable<Value> values) => [.. values.Select(v => v.Name)];

    /// <summary>Of one step on the stock engine, parameter after parameter.</summary>
    private float[] Gradients(string name, Model model, ArtifactOptions options)
    {
        using (var target = OutputTarget.Folder(_folder[name], force: false))
        {
            ArtifactWriter.Write(model, options, target);
            target.Commit();
        }

        using var engine = StockEngine.Load(ArtifactFolder.Open(_folder[name]), threads: 1);
        Mlp.Random(5, 6, 3).Bytes.Span.CopyTo(engine.Input(0, [6, 3]));
        Mlp.Random(6, 6, 2).Bytes.Span.CopyTo(engine.Input(1, [6, 2]));
        engine.ClearGradients();
        engine.ForwardBackward(1, 0, 0);
        return [.. Enumerable.Range(0, engine.Parameters.Count).SelectMany(p => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(engine.Gradient(p).Span).ToArray())];
    }
}
