using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Passes;

public sealed class ConstantFoldingTests
{
    [Test]
    public void Fold_ShapeArithmeticOfKnownSizes_BecomesAConstant()
    {
        var (build, x) = Start(2, 6, 4);
        var shape = build.Concat(0, build.Gather(build.Shape(x), build.Constant(0)), build.Constant(-1), build.Div(build.Shape(x, 1, 2), build.Constant(3)));
        build.Output(build.Reshape(x, shape), "y");
        var model = Finish(build);
        ConstantFolding.Fold(model);
        DeadCode.Remove(model.Graph);
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Constant", "Reshape" }));
        Assert.That(model.Graph.Outputs[0].Shape!.ToString(), Is.EqualTo("[2, 12, 2]"));
    }

    [Test]
    public void Fold_SizesThatAreNames_StayNodes()
    {
        var (build, x) = Start("batch", 6);
        build.Output(build.Reshape(x, build.Concat(0, build.Shape(x, 0, 1), build.Constant(2), build.Constant(3))), "y");
        var model = Finish(build);
        Assert.That(ConstantFolding.Fold(model), Is.Zero);
    }

    [Test]
    public void Fold_FloatTensors_StayWhatTheyAre()
    {
        var (build, x) = Start(2, 3);
        var weight = build.Initializer("w", Tensor.From<float>(new float[6], 2, 3));
        build.Output(build.MatMul(x, build.Transpose(weight)), "y");
        build.Output(build.Add(x, build.Cast(build.Range(Whole(build, 0), Whole(build, 3), Whole(build, 1)), ElementType.Float)), "z");
        var model = Finish(build);
        Assert.That(ConstantFolding.Fold(model), Is.EqualTo(1), "the Range only");
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Does.Contain("Transpose").And.Contain("Cast").And.Not.Contain("Range"));
    }

    [Test]
    public void Fold_WhatIsKept_CountsAsUnknown()
    {
        var (build, _) = Start(2);
        var kept = build.Initializer("k", Tensor.Vector(1L, 2L));
        build.Output(build.Add(kept, build.Constant(1)), "y");
        var model = Finish(build);
        Assert.That(ConstantFolding.Fold(model, v => v.Name == "k"), Is.Zero);
        Assert.That(ConstantFolding.Fold(model), Is.EqualTo(1));
    }

    [Test]
    public void Fold_ScalarOfASize_IsComputed()
    {
        var (build, x) = Start(2, 64);
        var root = build.Sqrt(build.Cast(build.Squeeze(build.Shape(x, 1, 2), 0), ElementType.Float));
        build.Output(build.Div(x, root), "y");
        var model = Finish(build);
        ConstantFolding.Fold(model);
        Assert.That(model.Graph.Nodes.Last!.Inputs[1]!.ConstantData!.As<float>()[0], Is.EqualTo(8));
    }

    [Test]
    public void Fold_GraphOutput_KeepsItsName()
    {
        var (build, x) = Start(2, 64);
        build.Output(build.Shape(x), "y");
        var model = Finish(build);
        ConstantFolding.Fold(model);
        Assert.That(model.Graph.Outputs[0].Name, Is.EqualTo("y"));
        Assert.That(model.Graph.Outputs[0].ConstantData!.As<long>().ToArray(), Is.EqualTo(new long[] { 2, 64 }));
    }

    [Test]
    public void Fold_DivisionByZero_IsLeftToTheRun()
    {
        var (build, _) = Start(2);
        build.Output(build.Div(build.Constant(7), build.Constant(0)), "y");
        Assert.That(ConstantFolding.Fold(Finish(build)), Is.Zero);
    }

    /// <summary>Every evaluator gives what the interpreter gives.</summary>
    [TestCaseSource(nameof(Computations))]
    public void Fold_Computation_EqualsTheRun(string name, Func<GraphBuilder, Value> compute)
    {
        Model Make()
        {
            var (build, _) = Start(1);
            build.Output(compute(build), "y");
            return Finish(build);
        }

        var (plain, folded) = (Make(), Make());
        ConstantFolding.Fold(folded);
        DeadCode.Remove(folded.Graph);
        Assert.That(folded.Graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Constant" }), name);
        var feeds = new Dictionary<string, Array64> { ["x"] = new(new double[1], 1) };
        var (wanted, found) = (Interpreter.Run(plain, feeds)["y"], Interpreter.Run(folded, feeds)["y"]);
        Assert.That(found.Dims, Is.EqualTo(wanted.Dims));
        Assert.That(found.ToDoubles(), Is.EqualTo(wanted.ToDoubles()).Within(1e-6));
        Assert.That(found.Data.GetType(), Is.EqualTo(wanted.Data.GetType()));
    }

    public static IEnumerable<TestCaseData> Computations()
    {
        static Value M(GraphBuilder b) => b.Constant(Tensor.From<long>([5, -3, 2, 8, 0, 7], 2, 3));
        static Value N(GraphBuilder b) => b.Constant(Tensor.From<long>([2, 3, -4], 3));
        static Value F(GraphBuilder b, double v) => b.Constant(Tensor.Scalar((float)v));
        (string, Func<GraphBuilder, Value>)[] all =
        [
            ("Add", b => b.Add(M(b), N(b))),
            ("Sub", b => b.Sub(N(b), M(b))),
            ("Mul", b => b.Mul(M(b), N(b))),
            ("Div", b => b.Div(M(b), N(b))),
            ("Mod", b => b.Mod(M(b), N(b))),
            ("Min", b => b.Min(M(b), N(b))),
            ("Max", b => b.Max(M(b), N(b))),
            ("Neg", b => b.Neg(M(b))),
            ("Abs", b => b.Abs(M(b))),
            ("Equal", b => b.Equal(M(b), N(b))),
            ("Less", b => b.Less(M(b), N(b))),
            ("LessOrEqual", b => b.LessOrEqual(M(b), N(b))),
            ("Greater", b => b.Greater(M(b), N(b))),
            ("GreaterOrEqual", b => b.GreaterOrEqual(M(b), N(b))),
            ("Logic", b => b.Or(b.And(b.Less(M(b), N(b)), b.Not(b.Equal(M(b), N(b)))), b.Equal(N(b), N(b)))),
            ("Where", b => b.Where(b.Less(M(b), N(b)), M(b), N(b))),
            ("Transpose", b => b.Transpose(M(b))),
            ("Reshape", b => b.Reshape(M(b), 3, -1)),
            ("Squeeze", b => b.Squeeze(b.Unsqueeze(M(b), 0, 2), 2)),
            ("Concat", b => b.Concat(1, M(b), M(b))),
            ("Slice", b => b.Slice(M(b), b.Constant(-1, 1), b.Constant(long.MinValue, 3), b.Constant(1, 0), b.Constant(-2, 1))),
            ("Slice", b => b.Slice(M(b), b.Constant(-1), b.Constant(-100), b.Constant(1), b.Constant(-2))),
            ("Gather", b => b.Gather(M(b), b.Constant(Tensor.From<long>([2, -1, 0, 1], 2, 2)), 1)),
            ("Gather", b => b.Gather(M(b), b.Constant(Tensor.Scalar(1L)))),
            ("Expand", b => b.Expand(N(b), b.Constant(2, 2, 1))),
            ("Tile", b => b.Op("Tile", [M(b), b.Constant(2, 2)])),
            ("Range", b => b.Range(Whole(b, 3), Whole(b, 200), Whole(b, 2))),
            ("ConstantOfShape", b => b.ConstantOfShape(b.Constant(2, 70), Tensor.Vector(5L))),
            ("Trilu", b => b.Trilu(M(b), Whole(b, 1), upper: false)),
            ("Cast", b => b.Cast(b.Cast(M(b), ElementType.Bool), ElementType.Int64)),
            ("Floats", b => b.Mul(b.Add(F(b, 2.5), F(b, 1)), b.Div(F(b, 3), b.Sqrt(F(b, 2))))),
            ("Floats", b => b.Cast(b.Op("Floor", [b.Pow(F(b, 2.5), F(b, 3))]), ElementType.Int64)),
            ("FloatComparison", b => b.Less(F(b, 2), F(b, 3))),
        ];
        return all.Select(c => new TestCaseData(c.Item1, c.Item2).SetArgDisplayNames(c.Item1));
    }

    private static Value Whole(GraphBuilder build, long value) => build.Constant(Tensor.Scalar(value));

    private static (GraphBuilder Build, Value X) Start(params Dim[] dims)
    {
        var build = new GraphBuilder(new Graph(), 18);
        return (build, build.Input("x", ElementType.Float, Shape.Of(dims)));
    }

    private static Model Finish(GraphBuilder build) => new(build.Graph) { OpsetImports = { [""] = 18 } };
}
