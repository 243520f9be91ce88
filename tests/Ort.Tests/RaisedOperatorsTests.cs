using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Ort.Tests;

/// <summary>Operators of old opsets that mean something else today, raised, beside what ONNX Runtime computes with the old ones.</summary>
public sealed class RaisedOperatorsTests
{
    [TestCase(7, "Upsample", "nearest", 2f, 3f)]
    [TestCase(7, "Upsample", "linear", 2f, 1.5f)]
    [TestCase(9, "Upsample", "nearest", 1f, 1.5f)]
    [TestCase(9, "Upsample", "linear", 2f, 1f)]
    [TestCase(10, "Resize", "nearest", 2f, 1.5f)]
    [TestCase(10, "Resize", "nearest", 0.6f, 0.5f)]
    [TestCase(10, "Resize", "nearest", 1f, 0.75f)]
    [TestCase(10, "Resize", "linear", 2f, 0.5f)]
    public void Raise_Images_ComputesTheSame(int opset, string op, string mode, float height, float width)
    {
        var model = new Model(new Graph("g")) { IrVersion = 4 };
        model.OpsetImports.Add("", opset);
        var b = new GraphBuilder(model.Graph, opset);
        var x = b.Input("x", ElementType.Float, [1, 2, 5, 4]);
        float[] scales = [1, 1, height, width];
        b.Output(opset == 7 ? b.Op(op, [x], [("mode", mode), ("scales", scales)]) : b.Op(op, [x, b.Constant(Tensor.Vector<float>(scales))], [("mode", mode)]), "y");
        var image = Tensor.From<float>([.. Enumerable.Range(0, 40).Select(i => MathF.Sin(i))], 1, 2, 5, 4);
        var wanted = Run(model, image);
        OpsetConversion.Raise(model);
        var found = Run(model, image);
        Assert.That(found.Dims, Is.EqualTo(wanted.Dims));
        Assert.That(found.As<float>().ToArray(), Is.EqualTo(wanted.As<float>().ToArray()).Within(1e-6));
    }

    private static Tensor Run(Model model, Tensor image)
    {
        using var session = Session.Open(ModelFile.ToBytes(model), "raised");
        return session.Run([new("x", image)], ["y"])[0].Tensor;
    }
}
