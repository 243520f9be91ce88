using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Ort.Tests.CustomOps;

public sealed class UnknownDimsTests
{
    [Test]
    public void Shape_BehindAKernel_OfRowsCountedAtRunTime_IsTheirs()
    {
        var model = new Model(new Graph("rows"));
        model.OpsetImports.Add("", 18);
        model.OpsetImports.Add("ai.onnxpipeline", 1);
        var b = new GraphBuilder(model.Graph, 18);
        var chosen = b.Squeeze(b.Op("NonZero", [b.Input("chosen", ElementType.Bool, ["n"])]), 0); // how many is known of no dimension
        var rows = b.Gather(b.Input("x", ElementType.Float, ["n", 4]), chosen);
        var (scale, center) = (b.Constant(Tensor.From<float>([1, 1, 1, 1], 4)), b.Constant(Tensor.From<float>([0, 0, 0, 0], 4)));
        var normal = b.Ops("LayerNormalization", [rows, scale, center], 1, [("axis", -1), ("epsilon", 1e-5f)], "ai.onnxpipeline").Outputs[0];
        b.Output(b.Op("Shape", [normal]), "shape");

        using var session = Session.OpenWithKernels(ModelFile.ToBytes(model), "rows");
        var shape = session.Run([new("chosen", Tensor.From<bool>([true, false, true], 3)), new("x", KernelParityTests.Numbers(1, 1, 3, 4))]).Single().Tensor;

        Assert.That(shape.As<long>().ToArray(), Is.EqualTo(new long[] { 2, 4 }));
    }
}
