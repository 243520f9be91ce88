using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts.Tests;

public sealed class ModelReportTests
{
    [Test]
    public void Of_PatternForOneWeight_GivesVerdictsConstantsAndGradientStates()
    {
        var report = ModelReport.Of(Model(), ["w2"], [], null);
        Assert.That(report.Opsets, Is.EqualTo(new Dictionary<string, int> { ["ai.onnx"] = 18 }));
        Assert.That(report.Parameters.Select(p => (p.Name, p.Verdict, p.Bytes)), Is.EqualTo(new[] { ("w1", "frozen", 24L), ("w2", "trainable", 16L) }));
        Assert.That(report.Parameters[0].Reason, Does.Contain("MatMul"));
        Assert.That(report.Constants.Select(c => c.Name), Does.Contain("half"));
        Assert.That(report.Inputs.Single().Shape, Is.EqualTo(new[] { new ManifestDim(null, "batch"), new ManifestDim(3) }));
        Assert.That(report.Ops.ToDictionary(o => o.Op, o => (o.Count, o.Gradient)), Is.EqualTo(new Dictionary<string, (int, string)>
        {
            ["Det"] = (1, "missing"),
            ["Floor"] = (1, "stops"),
            ["MatMul"] = (2, "rule"),
            ["Mul"] = (1, "rule"),
        }));
    }

    [Test]
    public void Of_PatternWithoutMatch_NamesCloseNames() =>
        Assert.That(() => ModelReport.Of(Model(), ["w3"], [], null), Throws.TypeOf<NamePatternException>().With.Message.Contains("w1"));

    [Test]
    public void Of_OpsetBeyondTheTrainingRuntime_IsReportedAllTheSame()
    {
        var model = Model();
        model.OpsetImports[""] = 24;
        Assert.That(ModelReport.Of(model, [], [], null).Opsets["ai.onnx"], Is.EqualTo(24));
    }

    [Test]
    public void Of_Chunks_AreSplit()
    {
        var graph = new Graph("test");
        var build = new GraphBuilder(graph, 18);
        var parts = build.Op("SplitToSequence", [build.MatMul(build.Input("x", ElementType.Float, ["batch", 3]), build.Initializer("w", Zeros(3, 4))), build.Constant(Tensor.Scalar(2L))], [("axis", -1)]);
        Value Part(long place) => build.Op("SequenceAt", [parts, build.Constant(Tensor.Scalar(place))]);
        build.Output(build.Mul(Part(0), build.Sigmoid(Part(1))), "y");
        var model = new Model(graph);
        model.OpsetImports.Add("", 18);
        Assert.That(ModelReport.Of(model, [], [], null).Ops.Select(o => (o.Op, o.Gradient)), Is.EquivalentTo(new[] { ("Constant", "stops"), ("MatMul", "rule"), ("Mul", "rule"), ("Sigmoid", "rule"), ("Split", "rule") }));
    }

    [Test]
    public void Of_OperatorsWrittenInOthers_AreListedAsInTheFile()
    {
        var graph = new Graph("test");
        var build = new GraphBuilder(graph, 24);
        var x = build.Input("x", ElementType.Float, ["batch", 3, 4, 4]);
        build.Output(build.Op("LRN", [build.Mul(x, build.Initializer("w", Zeros(1, 4)))], [("size", 3)]), "y");
        var cache = build.Input("cache", ElementType.Float, ["batch", 2, 8, 4]);
        build.Output(build.Op("TensorScatter", [cache, build.Input("new", ElementType.Float, ["batch", 2, 1, 4])]), "present");
        var model = new Model(graph);
        model.OpsetImports.Add("", 24);
        Assert.That(ModelReport.Of(model, [], [], null).Ops.Select(o => (o.Op, o.Count, o.Gradient)), Is.EqualTo(new[] { ("LRN", 1, "rule"), ("Mul", 1, "rule"), ("TensorScatter", 1, "missing") }));
    }

    [Test]
    public void Of_WeightThatIsAnOutputToo_HasANameOfItsOwn()
    {
        var graph = new Graph("test");
        var build = new GraphBuilder(graph, 18);
        var w = build.Constant(Zeros(3, 2));
        build.Output(build.MatMul(build.Input("x", ElementType.Float, ["batch", 3]), w), "y");
        build.Output(w, "w");
        var model = new Model(graph);
        model.OpsetImports.Add("", 18);
        Assert.That(ModelReport.Of(model, [], [], null).Parameters.Select(p => p.Name), Is.EqualTo(new[] { "w/value" }));
        using var folder = new TemporaryFolder();
        using var target = OutputTarget.Folder(folder["out"], force: false);
        Assert.That(ArtifactWriter.Write(model, new() { Loss = "mse", LossInput = "y" }, target).Parameters.Select(p => p.Name), Is.EqualTo(new[] { "w/value" }));
    }

    /// <summary>x·w1·w2 · ½, its Floor, and beside it an operator that nobody differentiates.</summary>
    private static Model Model()
    {
        var graph = new Graph("test");
        var build = new GraphBuilder(graph, 18);
        var x = build.Input("x", ElementType.Float, ["batch", 3]);
        var product = build.MatMul(build.MatMul(x, build.Initializer("w1", Zeros(3, 2))), build.Initializer("w2", Zeros(2, 2)));
        var scaled = build.Mul(product, build.Initializer("half", Tensor.Scalar(0.5f)));
        build.Output(scaled, "y");
        build.Output(build.Op("Floor", [scaled]), "floor");
        build.Output(build.Op("Det", [scaled]), "det");
        var model = new Model(graph);
        model.OpsetImports.Add("", 18);
        return model;
    }

    private static Tensor Zeros(long rows, long columns) => Tensor.From<float>(new float[rows * columns], rows, columns);
}
