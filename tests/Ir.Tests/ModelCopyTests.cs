using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Tests;

public sealed class ModelCopyTests
{
    [Test]
    public void Of_Model_SharesNoValueAndKeepsEverything()
    {
        var graph = new Graph("g");
        var build = new GraphBuilder(graph, 18);
        var x = build.Input("x", ElementType.Float, ["batch", 2]);
        var w = build.Initializer("w", Tensor.From<float>([1, 2], 2));
        build.Output(build.Add(x, w), "y");
        var model = new Model(graph) { IrVersion = 9, ProducerName = "p" };
        model.OpsetImports.Add("", 18);

        var copy = ModelCopy.Of(model);
        copy.Graph.Nodes.First!.SetInput(1, null);
        copy.Graph.Inputs[0].Name = "other";

        Assert.That((copy.IrVersion, copy.ProducerName, copy.Opset), Is.EqualTo((9L, "p", 18)));
        Assert.That(graph.Nodes.First!.Inputs, Is.EqualTo(new[] { x, w }));
        Assert.That(x.Name, Is.EqualTo("x"));
        Assert.That(copy.Graph.Initializers[0].Initializer, Is.SameAs(w.Initializer));
        Assert.That(copy.Graph.Outputs[0].Producer, Is.SameAs(copy.Graph.Nodes.First));
        Assert.That(w.Uses, Has.Count.EqualTo(1));
    }

    [Test]
    public void Of_Subgraph_SeesTheCopiedOuterValues()
    {
        var graph = new Graph("g");
        var build = new GraphBuilder(graph, 18);
        var x = build.Input("x", ElementType.Float, []);
        var flag = build.Input("flag", ElementType.Bool, []);
        Graph Branch(Func<GraphBuilder, Value> make)
        {
            var branch = new Graph("branch");
            var inner = new GraphBuilder(branch, 18);
            inner.Output(make(inner));
            return branch;
        }

        build.Output(build.Op("If", [flag], [("then_branch", new GraphAttribute(Branch(b => b.Neg(x)))), ("else_branch", new GraphAttribute(Branch(b => b.Abs(x))))]), "y");
        var model = new Model(graph);
        var copy = ModelCopy.Of(model);
        Assert.That(copy.Graph.AllNodes().Where(n => n.OpType is "Neg" or "Abs").Select(n => n.Inputs[0]), Is.All.SameAs(copy.Graph.Inputs[0]));
        Assert.That(copy.Graph.Inputs[0].Uses, Has.Count.EqualTo(2));
    }
}
