using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Tests.Passes;

public sealed class OptionalOutputsTests
{
    [Test]
    public void Complete_NodesThatLackOutputs_GetThemNamedAfterTheFirst()
    {
        var (model, norm, dropout) = Build();
        Assert.That(OptionalOutputs.Complete(model.Graph.Nodes, 18), Is.EqualTo(2));
        Assert.That(norm.Outputs.Select(v => v.Name), Is.EqualTo(new[] { "y", "y_mean", "y_inv_std_dev" }));
        Assert.That(dropout.Outputs.Select(v => v.Name), Is.EqualTo(new[] { "z", "z_mask" }));
        Assert.That(OptionalOutputs.Complete(model.Graph.Nodes, 18), Is.Zero, "a second time there is nothing to do");
    }

    [Test]
    public void Complete_SomeNodes_LeavesTheOthers()
    {
        var (model, norm, dropout) = Build();
        OptionalOutputs.Complete([dropout], 18);
        Assert.That(norm.Outputs, Has.Count.EqualTo(1));
        Assert.That(dropout.Outputs, Has.Count.EqualTo(2));
    }

    [Test]
    public void Complete_OutputsThatAreThere_KeepTheirNames()
    {
        var (model, norm, _) = Build();
        norm.AddOutput(new Value("mine"));
        OptionalOutputs.Complete(model.Graph.Nodes, 18);
        Assert.That(norm.Outputs.Select(v => v.Name), Is.EqualTo(new[] { "y", "mine", "y_inv_std_dev" }));
    }

    private static (Model Model, Node Norm, Node Dropout) Build()
    {
        var model = new Model(new Graph());
        model.OpsetImports.Add("", 18);
        var b = new GraphBuilder(model.Graph, 18);
        var y = b.LayerNormalization(b.Input("x", ElementType.Float, ["n", 3]), b.Initializer("scale", Tensor.Vector(1f, 1, 1)), null);
        var z = b.Op("Dropout", [y]);
        b.Output(y, "y");
        b.Output(z, "z");
        return (model, y.Producer!, z.Producer!);
    }
}
