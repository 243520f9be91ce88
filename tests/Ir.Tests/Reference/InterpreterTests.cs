using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Tests.Functions;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Reference;

/// <summary>The interpreter against numbers worked out by hand (many from the examples of the ONNX documents).</summary>
public sealed class InterpreterTests
{
    [TestCase(0.0, 0.0)]
    [TestCase(0.5, 0.52049987781304654)]
    [TestCase(-1.0, -0.84270079294971487)]
    [TestCase(2.5, 0.99959304798255504)]
    [TestCase(7.0, 1.0)]
    public void Erf_Points_AreExactToDouble(double x, double wanted) => Assert.That(One("Erf", [], Array64.Scalar(x)).Doubles[0], Is.EqualTo(wanted).Within(1e-15));

    [Test]
    public void Mod_Integers_HasTheSignOfTheDivisor() =>
        Assert.That(One("Mod", [], Array64.Vector(-4, 7, 5, 4, -7, 8), Array64.Vector(2, -3, 8, -2, 3, 5)).Longs, Is.EqualTo(new long[] { 0, -2, 5, 0, 2, 3 }));

    [Test]
    public void Div_Integers_TruncatesTowardsZero() =>
        Assert.That(One("Div", [], Array64.Vector(-7, 7), Array64.Vector(2)).Longs, Is.EqualTo(new long[] { -3, 3 }));

    [Test]
    public void MatMul_BatchesThatBroadcast_MultipliesEach()
    {
        var a = new Array64(new double[] { 1, 2, 3, 4 }, 2, 1, 2); // [2, 1, 2]
        var b = new Array64(new double[] { 1, 0, 0, 1, 2, 0, 0, 2, 3, 0, 0, 3 }, 3, 1, 2, 2); // [3, 1, 2, 2]
        var y = One("MatMul", [], a, b);
        Assert.That(y.Dims, Is.EqualTo(new[] { 3, 2, 1, 2 }));
        Assert.That(y.Doubles, Is.EqualTo(new double[] { 1, 2, 3, 4, 2, 4, 6, 8, 3, 6, 9, 12 }));
    }

    [Test]
    public void MatMul_Vectors_DropsTheirAxes()
    {
        Array64 v = new(new double[] { 1, 2 }, 2), m = new(new double[] { 1, 2, 3, 4, 5, 6 }, 2, 3);
        Assert.That(One("MatMul", [], v, m).Doubles, Is.EqualTo(new double[] { 9, 12, 15 }));
        Assert.That(One("MatMul", [], v, v).Dims, Is.Empty);
        Assert.That(One("MatMul", [], v, v).Doubles, Is.EqualTo(new double[] { 5 }));
    }

    [Test]
    public void Gemm_TransposedAndScaled_AddsTheBias()
    {
        Array64 a = new(new double[] { 1, 2, 3, 4 }, 2, 2), b = new(new double[] { 1, 2, 3, 4 }, 2, 2), c = new(new double[] { 10, 20 }, 2);
        var y = One("Gemm", [("transA", 1), ("transB", 1), ("alpha", 2f), ("beta", 0.5f)], a, b, c);
        Assert.That(y.Doubles, Is.EqualTo(new double[] { 2 * 7 + 5, 2 * 15 + 10, 2 * 10 + 5, 2 * 22 + 10 }));
    }

    [Test]
    public void Slice_Backwards_Reverses()
    {
        var x = Array64.Vector(0, 1, 2, 3, 4, 5);
        Assert.That(One("Slice", [], x, Array64.Vector(-1), Array64.Vector(-100), Array64.Vector(0), Array64.Vector(-2)).Longs, Is.EqualTo(new long[] { 5, 3, 1 }));
        Assert.That(One("Slice", [], x, Array64.Vector(4), Array64.Vector(1), Array64.Vector(0), Array64.Vector(-1)).Longs, Is.EqualTo(new long[] { 4, 3, 2 }));
        Assert.That(One("Slice", [], x, Array64.Vector(-3), Array64.Vector(long.MaxValue)).Longs, Is.EqualTo(new long[] { 3, 4, 5 }));
    }

    [Test]
    public void GatherND_BatchDims_StaysInItsBatch()
    {
        var data = new Array64(new long[] { 0, 1, 2, 3, 4, 5, 6, 7 }, 2, 2, 2);
        var y = One("GatherND", [("batch_dims", 1)], data, new(new long[] { 1, 0 }, 2, 1));
        Assert.That((y.Dims, y.Longs), Is.EqualTo((new[] { 2, 2 }, new long[] { 2, 3, 4, 5 })));
    }

    [Test]
    public void ScatterElements_RepeatedIndices_AddsUp()
    {
        var y = One("ScatterElements", [("axis", 1), ("reduction", "add")], new(new double[] { 1, 2, 3, 4, 5 }, 1, 5), new(new long[] { 1, 1 }, 1, 2), new(new[] { 1.1, 2.1 }, 1, 2));
        Assert.That(y.Doubles, Is.EqualTo(new[] { 1, 5.2, 3, 4, 5 }).Within(1e-12));
    }

    [Test]
    public void ScatterND_Rows_Replaces() =>
        Assert.That(One("ScatterND", [], Array64.Vector(1, 2, 3, 4, 5, 6, 7, 8), new(new long[] { 4, 3, 1, 7 }, 4, 1), Array64.Vector(9, 10, 11, 12)).Longs, Is.EqualTo(new long[] { 1, 11, 3, 10, 9, 6, 7, 12 }));

    [TestCase("constant", new double[] { 0, 0, 1, 2, 3, 0 })]
    [TestCase("edge", new double[] { 1, 1, 1, 2, 3, 3 })]
    [TestCase("reflect", new double[] { 3, 2, 1, 2, 3, 2 })]
    [TestCase("wrap", new double[] { 2, 3, 1, 2, 3, 1 })]
    public void Pad_Modes_FillTheOutside(string mode, double[] wanted) =>
        Assert.That(One("Pad", [("mode", mode)], new(new double[] { 1, 2, 3 }, 3), Array64.Vector(2, 1)).Doubles, Is.EqualTo(wanted));

    [Test]
    public void Concat_InnerAxis_PutsSideBySide()
    {
        var y = One("Concat", [("axis", -1)], new(new long[] { 1, 2 }, 2, 1), new(new long[] { 3, 4, 5, 6 }, 2, 2));
        Assert.That((y.Dims, y.Longs), Is.EqualTo((new[] { 2, 3 }, new long[] { 1, 3, 4, 2, 5, 6 })));
    }

    [Test]
    public void Split_Uneven_LastPartIsSmaller() =>
        Assert.That(Calls.Run("Split", "", 3, [("num_outputs", 3)], Array64.Vector(0, 1, 2, 3, 4)).Select(p => p.Count), Is.EqualTo(new[] { 2, 2, 1 }));

    [Test]
    public void OneHot_FirstAxis_SetsOneARow()
    {
        var y = One("OneHot", [("axis", 0)], Array64.Vector(0, -1, 7), Array64.Scalar(2L), Array64.Vector(5, 9));
        Assert.That((y.Dims, y.Longs), Is.EqualTo((new[] { 2, 3 }, new long[] { 9, 5, 5, 5, 9, 5 })));
    }

    [Test]
    public void TopKAndArgMax_Ties_TakeTheFirst()
    {
        var x = new Array64(new double[] { 3, 1, 3, 2 }, 4);
        var top = Calls.Run("TopK", "", 2, [], x, Array64.Vector(3));
        Assert.That((top[0].Doubles, top[1].Longs), Is.EqualTo((new double[] { 3, 3, 2 }, new long[] { 0, 2, 3 })));
        Assert.That(One("ArgMax", [("axis", 0), ("keepdims", 0)], x).Longs, Is.EqualTo(new long[] { 0 }));
        Assert.That(One("ArgMax", [("axis", 0), ("select_last_index", 1)], x).Longs, Is.EqualTo(new long[] { 2 }));
    }

    [Test]
    public void CumSum_ExclusiveReverse_SumsWhatFollows() =>
        Assert.That(One("CumSum", [("exclusive", 1), ("reverse", 1)], new(new double[] { 1, 2, 3 }, 3), Array64.Scalar(0L)).Doubles, Is.EqualTo(new double[] { 5, 3, 0 }));

    [Test]
    public void ReduceSum_EmptyAxes_ReducesAllUnlessNoop()
    {
        var x = new Array64(new double[] { 1, 2, 3, 4 }, 2, 2);
        Assert.That(One("ReduceSum", [("keepdims", 0)], x, new(Array.Empty<long>(), 0)).Doubles, Is.EqualTo(new double[] { 10 }));
        Assert.That(One("ReduceSum", [("noop_with_empty_axes", 1)], x, new(Array.Empty<long>(), 0)).Doubles, Is.EqualTo(x.Doubles));
        Assert.That(One("ReduceMean", [("keepdims", 0)], x, Array64.Vector(-1)).Doubles, Is.EqualTo(new[] { 1.5, 3.5 }));
    }

    [Test]
    public void SoftmaxCrossEntropyLoss_MeanWithWeights_DividesByTheWeightsThatCount()
    {
        Array64 even = new(new double[6], 3, 2), labels = Array64.Vector(0, 1, -1), weights = new(new double[] { 1, 3 }, 2);
        Assert.That(One("SoftmaxCrossEntropyLoss", [("ignore_index", -1)], even, labels, weights).Doubles[0], Is.EqualTo(Math.Log(2)).Within(1e-15));
        Assert.That(One("SoftmaxCrossEntropyLoss", [("ignore_index", -1), ("reduction", "sum")], even, labels, weights).Doubles[0], Is.EqualTo(4 * Math.Log(2)).Within(1e-15));
    }

    [TestCase(true, 3.0)]
    [TestCase(false, -3.0)]
    public void If_Branch_SeesTheGraphAround(bool flag, double wanted)
    {
        var b = new GraphBuilder(new Graph(), 18);
        var (f, x) = (b.Input("f", ElementType.Bool, []), b.Input("x", ElementType.Float, []));
        GraphAttribute Branch(Func<GraphBuilder, Value> make)
        {
            var inner = new GraphBuilder(new Graph(), 18);
            inner.Output(make(inner), "r");
            return new(inner.Graph);
        }

        b.Output(b.Op("If", [f], [("then_branch", Branch(i => i.Identity(x))), ("else_branch", Branch(i => i.Neg(x)))]), "y");
        Assert.That(Interpreter.Run(b.Graph, new Dictionary<string, Array64> { ["f"] = Array64.Scalar(flag), ["x"] = Array64.Scalar(3.0) })["y"].Doubles[0], Is.EqualTo(wanted));
    }

    [Test]
    public void Run_Initializer_IsItsDataUnlessFed()
    {
        var b = new GraphBuilder(new Graph(), 18);
        var (x, w) = (b.Input("x", ElementType.Float, []), b.Initializer("w", Tensor.Scalar(2f)));
        var product = b.Mul(x, w);
        b.Output(b.Neg(product), "y");
        var three = Array64.Scalar(3.0);
        Assert.That(Interpreter.Run(b.Graph, new Dictionary<string, Array64> { ["x"] = three })[product].Doubles[0], Is.EqualTo(6));
        Assert.That(Interpreter.Run(b.Graph, new Dictionary<string, Array64> { ["x"] = three, ["w"] = three })["y"].Doubles[0], Is.EqualTo(-9));
        Assert.That(() => Interpreter.Run(b.Graph, new Dictionary<string, Array64> { ["x"] = three, ["z"] = three }), Throws.ArgumentException.With.Message.Contains("z"));
    }

    [Test]
    public void Run_UnknownOperator_IsNamed() =>
        Assert.That(() => Calls.Run("Frobnicate", "far", 1, [], Array64.Scalar(1.0)), Throws.TypeOf<NotSupportedException>().With.Message.Contains("far::Frobnicate"));

    private static Array64 One(string op, (string, AttributeValue)[] attributes, params Array64?[] inputs) => Calls.Run(op, "", 1, attributes, inputs)[0];
}
