using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Ort.Tests;

[TestFixture]
public sealed class SessionTests
{
    [Test]
    public void Open_ModelOfStandardOperatorsThatTheRuntimeFuses_Computes()
    {
        var graph = new Graph("product");
        var b = new GraphBuilder(graph, 18);
        var x = b.Input("x", ElementType.Float, ["batch", 2, 3]);
        b.Output(b.MatMul(x, b.Op("Transpose", [x], [("perm", new IntsAttribute([0, 2, 1]))])), "y"); // becomes com.microsoft FusedMatMul
        var model = new Model(graph) { IrVersion = 8 };
        model.OpsetImports.Add("", 18);

        using var session = Session.Open(ModelFile.ToBytes(model), "product");

        Assert.That(session.Run([new("x", Tensor.From<float>([1, 2, 3, 4, 5, 6], 1, 2, 3))])[0].Tensor.As<float>().ToArray(), Is.EqualTo(new float[] { 14, 32, 32, 77 }));
    }
}
