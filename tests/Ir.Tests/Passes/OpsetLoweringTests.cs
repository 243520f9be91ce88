using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Passes;

/// <summary>Operators that ONNX Runtime does not have yet, lowered and evaluated, against numbers worked out by hand.</summary>
public sealed class OpsetLoweringTests
{
    [TestCase(0, 0, new[] { 1.0, 2, 6, 0, 4, 0, 0, 0 })]
    [TestCase(1, 0, new[] { 1.0, 1, 2, 6, 1, 4, 0, 0 })]
    [TestCase(0, 1, new[] { 0.0, 0, 0, 0, 0, 0, 14, 7 })]
    [TestCase(1, 1, new[] { 0.0, 0, 0, 1, 0, 14, 7, 1 })]
    public void Lower_CumProd_TakesTheProductsOfTheSpecification(int exclusive, int reverse, double[] wanted)
    {
        var x = new Array64(new double[] { 1, 2, 3, 0, 4, 0, 2, 7 }, 2, 4);
        Assert.That(Lowered(26, (b, v) => b.Op("CumProd", [v, b.Constant(Tensor.Scalar(1L))], [("exclusive", exclusive), ("reverse", reverse)]), x).Doubles, Is.EqualTo(wanted));
    }

    [Test]
    public void Lower_CumProdOfTheFirstAxis_LeavesTheOthers() =>
        Assert.That(Lowered(26, (b, v) => b.Op("CumProd", [v, b.Constant(Tensor.Scalar(-2L))]), new Array64(new double[] { 1, 2, 3, 4, 5, 6 }, 3, 2)).Doubles, Is.EqualTo(new double[] { 1, 2, 3, 8, 15, 48 }));

    [Test]
    public void Lower_SwiGLU_IsSwishTimesTheOther()
    {
        var x = new Array64(new double[] { -1, 0.5 }, 2);
        var y = Lowered(28, (b, v) => b.Op("SwiGLU", [v, b.Add(v, v)], [("alpha", 2f)]), x).Doubles;
        Assert.That(y, Is.EqualTo(x.Doubles.Select(v => v / (1 + Math.Exp(-2 * v)) * 2 * v)).Within(1e-12));
    }

    [Test]
    public void Lower_OperatorWithoutAnOlderForm_IsRefusedByName()
    {
        var (model, _) = Model(26, (b, v) => b.Op("BitCast", [v], [("to", 6)]));
        Assert.That(() => OpsetLowering.Lower(model), Throws.InstanceOf<IrException>().With.Message.Contains("BitCast").And.Message.Contains("y").And.Message.Contains("21"));
    }

    [Test]
    public void Lower_OldModel_StaysAsItIs()
    {
        var (model, _) = Model(20, (b, v) => b.Relu(v));
        OpsetLowering.Lower(model);
        Assert.That(model.Opset, Is.EqualTo(20));
    }

    private static Array64 Lowered(int opset, Func<GraphBuilder, Value, Value> build, Array64 x)
    {
        var (model, y) = Model(opset, build, [.. x.Dims.Select(d => (Dim)d)]);
        OpsetLowering.Lower(model);
        Assert.That(model.Opset, Is.EqualTo(21));
        return Interpreter.Run(model, new Dictionary<string, Array64> { ["x"] = x })["y"];
    }

    private static (Model Model, Value Y) Model(int opset, Func<GraphBuilder, Value, Value> build, Dim[]? dims = null)
    {
        var graph = new Graph("g");
        var model = new Model(graph);
        model.OpsetImports.Add("", opset);
        var b = new GraphBuilder(graph, opset);
        var y = build(b, b.Input("x", ElementType.Float, Shape.Of(dims ?? [2])));
        b.Output(y, "y");
        return (model, y);
    }
}
