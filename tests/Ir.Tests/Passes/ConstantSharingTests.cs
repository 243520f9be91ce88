using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Tests.Passes;

public sealed class ConstantSharingTests
{
    [Test]
    public void Apply_EqualConstants_AreOneInitializer()
    {
        var build = Start(out var x);
        var y = build.Add(build.Mul(x, build.Constant(2f)), build.Constant(2f));
        build.Output(build.Reshape(build.Add(y, build.Constant(3f)), build.Constant(4)), "y");
        Assert.That(ConstantSharing.Apply(build.Graph), Is.EqualTo(4));
        Assert.That(build.Graph.Initializers.Select(v => v.Initializer!.Type), Is.EqualTo(new[] { ElementType.Float, ElementType.Float, ElementType.Int64 }));
        Assert.That(build.Graph.Initializers.Select(v => v.Name), Is.Unique);
        Assert.That(build.Graph.Initializers[0].Uses, Has.Count.EqualTo(2));
        Assert.That(build.Graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Mul", "Add", "Add", "Reshape" }));
        ModelVerifier.Check(Model(build));
    }

    [Test]
    public void Apply_SameBytesOfOtherTypeOrShape_StayApart()
    {
        var build = Start(out var x);
        build.Output(build.Add(x, build.Constant(Tensor.From([0f], 1))), "y");
        build.Output(build.Add(x, build.Constant(0f)), "z");
        build.Output(build.Add(x, build.Cast(build.Constant(Tensor.From([0], 1)), ElementType.Float)), "w");
        ConstantSharing.Apply(build.Graph);
        Assert.That(build.Graph.Initializers, Has.Count.EqualTo(3));
    }

    [Test]
    public void Apply_ConstantThatIsAnOutput_StaysANode()
    {
        var build = Start(out _);
        build.Output(build.Constant(1f), "y");
        Assert.That(ConstantSharing.Apply(build.Graph), Is.Zero);
    }

    private static GraphBuilder Start(out Value x)
    {
        var build = new GraphBuilder(new Graph("g"), 18);
        x = build.Input("x", ElementType.Float, [2, 2]);
        return build;
    }

    private static Model Model(GraphBuilder build)
    {
        var model = new Model(build.Graph);
        model.OpsetImports.Add("", 18);
        return model;
    }
}
