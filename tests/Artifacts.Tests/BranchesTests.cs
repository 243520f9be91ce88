using NUnit.Framework;
using OnnxPipeline.Autodiff;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Artifacts.Tests;

/// <summary>Models with an If, as exporters leave them.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BranchesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Write_IfOfAKnownSize_TrainsTheWeightsInsideTheChosenBranch()
    {
        var model = Mlp.Create((b, hidden) => Branches(b, hidden, b.Equal(b.Gather(b.Shape(hidden), b.Constant(Tensor.Scalar(1L))), b.Constant(Tensor.Scalar(4L)))));
        var report = ModelReport.Of(model, [], [], null);
        Assert.That(report.Parameters.Select(p => p.Name), Does.Contain("inner.weight").And.Not.Contain("other.weight"));
        Assert.That(report.Ops.Select(o => o.Op), Has.None.EqualTo("If"));

        using var target = OutputTarget.Folder(_folder["out"], force: false);
        var manifest = ArtifactWriter.Write(model, new() { Loss = "mse" }, target);
        Assert.That(manifest.Parameters.Where(p => p.Trainable).Select(p => p.Name), Does.Contain("inner.weight"));
        Assert.That(ModelFile.Load(Path.Combine(target.Path, "training_model.onnx")).Graph.AllNodes().Select(n => n.OpType), Has.None.EqualTo("If"));
    }

    [Test]
    public void Write_IfThatTheDataDecides_IsRefusedByName()
    {
        var model = Mlp.Create((b, hidden) => Branches(b, hidden, b.Equal(b.Gather(b.Shape(hidden), b.Constant(Tensor.Scalar(0L))), b.Constant(Tensor.Scalar(4L)))));
        Assert.That(ModelReport.Of(model, [], [], null).Ops.Single(o => o.Op == "If").Gradient, Is.EqualTo("missing"));
        using var target = OutputTarget.Folder(_folder["out"], force: false);
        Assert.That(() => ArtifactWriter.Write(model, new() { Loss = "mse" }, target), Throws.TypeOf<AutodiffException>().With.Message.Contains("If (1): choice").And.Message.Contains("condition"));
    }

    [Test]
    public void InferenceGraph_DropoutInABranch_IsGone()
    {
        var model = Mlp.Create((b, hidden) => b.Op("If", [b.Greater(b.ReduceSumAll(hidden), b.Constant(0f))], [("then_branch", Dropped(hidden)), ("else_branch", Dropped(hidden))]));
        Assert.That(InferenceGraph.Of(model).Graph.AllNodes().Select(n => n.OpType), Has.None.EqualTo("Dropout").And.Exactly(2).EqualTo("Identity"));

        static GraphAttribute Dropped(Value x)
        {
            var inner = new GraphBuilder(new Graph("dropped"), 18);
            inner.Output(inner.Op("Dropout", [x, null, inner.Constant(Tensor.Scalar(true))]));
            return new(inner.Graph);
        }
    }

    /// <summary>Hidden times a weight of 4×4 in either branch.</summary>
    private static Value Branches(GraphBuilder b, Value hidden, Value condition)
    {
        GraphAttribute Branch(string name)
        {
            var inner = new GraphBuilder(new Graph(name), 18);
            inner.Output(inner.MatMul(hidden, inner.Initializer($"{name}.weight", Mlp.Random(5, 4, 4))), $"{name}.y");
            return new(inner.Graph);
        }

        return b.Op("If", [condition], [("then_branch", Branch("inner")), ("else_branch", Branch("other"))], name: "choice");
    }
}
