using Google.Protobuf;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ir.Serialization.Proto;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Passes;

public sealed class KnownBranchesTests
{
    [TestCase(1, "[batch]", "Squeeze")]
    [TestCase(3, "[batch, 3]", "Identity")]
    public void Inline_SqueezeAsExportersWriteIt_IsTakenApartBySize(long size, string shape, string kept)
    {
        var (b, x) = Start(Dim.Named("width"));
        var asked = b.Equal(b.Gather(b.Shape(x), b.Constant(Tensor.Scalar(1L))), b.Constant(Tensor.Scalar(1L)));
        b.Output(If(b, b.Cast(asked, ElementType.Bool), inner => inner.Op("Squeeze", [x, inner.Constant(1)]), inner => inner.Identity(x)), "y");
        x.Type = new TensorType(ElementType.Float, ["batch", size]); // of a size other than 1 the first branch contradicts it
        var model = Finish(b);
        Assert.That(KnownBranches.Inline(model), Is.EqualTo(1));
        DeadCode.Remove(model.Graph);
        ModelVerifier.Check(model);
        Assert.That(model.Graph.Nodes.Last!.OpType, Is.EqualTo(kept));
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Has.None.EqualTo("If").And.None.EqualTo("Shape"));
        Assert.That(model.Graph.Outputs.Single().Name, Is.EqualTo("y"));
        Assert.That(model.Graph.Outputs[0].Shape!.ToString(), Is.EqualTo(shape));
    }

    [Test]
    public void Inline_OneIfBehindAnother_IsDecidedByTheShapeOfTheFirst()
    {
        // Squeeze [batch, 1] to [batch]; only then it is known that there is no second axis to drop.
        var (b, x) = Start(1);
        var first = If(b, b.Equal(b.Shape(x, 1, 2), b.Constant(1)), inner => inner.Op("Squeeze", [x, inner.Constant(1)]), inner => inner.Identity(x));
        b.Output(If(b, b.Equal(b.Size(b.Shape(first)), b.Constant(Tensor.Scalar(2L))), inner => inner.Neg(first), inner => inner.Add(first, first)), "y");
        var model = Finish(b);
        Assert.That(KnownBranches.Inline(model), Is.EqualTo(2));
        Assert.That(Values(model, 1, 2, -3), Is.EqualTo(new double[] { 2, 4, -6 }));
    }

    [TestCase(true, true, 2)]
    [TestCase(true, false, -1)]
    [TestCase(false, true, 5)]
    public void Inline_IfInsideAnIf_ComputesTheSame(bool outside, bool inside, double wanted)
    {
        var (b, x) = Start(1);
        b.Output(If(
            b, b.Constant(Tensor.Scalar(outside)),
            then => If(then, then.Not(then.Constant(Tensor.Scalar(!inside))), inner => inner.Add(x, x), inner => inner.Neg(x)),
            other => other.Mul(x, other.Constant(Tensor.Scalar(5f)))), "y");
        var model = Finish(b);
        var before = Values(model, 1);
        Assert.That(KnownBranches.Inline(model), Is.EqualTo(outside ? 2 : 1));
        Assert.That(Values(model, 1), Is.EqualTo(before));
        Assert.That(before, Is.EqualTo(new[] { wanted }));
    }

    [Test]
    public void Inline_KnownInsideAnUnknown_TakesTheInnerApartOnly()
    {
        var (b, x) = Start(1);
        var asked = b.Input("asked", ElementType.Bool, Shape.Scalar);
        b.Output(If(b, asked, then => If(then, then.Constant(Tensor.Scalar(true)), inner => inner.Add(x, x), inner => inner.Neg(x)), other => other.Identity(x)), "y");
        var model = Finish(b);
        Assert.That(KnownBranches.Inline(model), Is.EqualTo(1));
        ModelVerifier.Check(model);
        Assert.That(model.Graph.AllNodes().Count(n => n.OpType == "If"), Is.EqualTo(1));
        Assert.That(model.Graph.AllNodes().Select(n => n.OpType), Does.Contain("Add").And.Not.Contain("Neg"));
    }

    [Test]
    public void Inline_BranchesThatUseTheSameNames_GetNamesOfTheirOwn()
    {
        var (b, x) = Start(1);
        Value Twice(Value v) => If(b, b.Constant(Tensor.Scalar(true)), inner =>
        {
            var weight = inner.Initializer("w", Tensor.From<float>([2], 1));
            return inner.Neg(inner.Mul(v, weight));
        }, inner => inner.Neg(inner.Neg(v)));
        b.Output(Twice(Twice(x)), "y");
        var model = Finish(b);
        KnownBranches.Inline(model);
        Assert.That(model.Graph.Initializers.Select(v => v.Name), Is.EqualTo(new[] { "w", "w_1" }));
        Assert.That(model.Graph.Nodes.SelectMany(n => n.Outputs).Select(v => v.Name), Does.Contain("Mul").And.Contain("Mul_1"));
        Assert.That(Values(model, 3), Is.EqualTo(new double[] { 12 }));
    }

    [Test]
    public void Inline_BranchThatGivesAnInitializer_MovesIt()
    {
        var (b, x) = Start(1);
        var chosen = If(b, b.Constant(Tensor.Scalar(false)), inner => inner.Constant(Tensor.From<float>([7], 1)), inner => inner.Initializer("weight", Tensor.From<float>([4], 1)));
        b.Output(b.Mul(x, chosen), "y");
        b.Output(chosen, "same"); // an initializer cannot be an output of the graph: an Identity is
        var model = Finish(b);
        KnownBranches.Inline(model);
        ModelVerifier.Check(model);
        Assert.That(model.Graph.Initializers.Select(v => v.Name), Is.EqualTo(new[] { "weight" }));
        Assert.That(Values(model, 3), Is.EqualTo(new double[] { 12 }));
        Assert.That(model.Graph.Outputs[1].Name, Is.EqualTo("same"));
        Assert.That(model.Graph.Outputs[1].Producer!.OpType, Is.EqualTo("Identity"));
    }

    [Test]
    public void Inline_BranchThatGivesAValueFromAround_LeavesThatValueItsName()
    {
        var (b, x) = Start(1);
        var around = b.Neg(x);
        around.Name = "around";
        var node = b.Ops("If", [b.Constant(Tensor.Scalar(true))], 1, [("then_branch", new GraphAttribute(Branch("t", around))), ("else_branch", new GraphAttribute(Branch("e", around)))]);
        b.Output(b.Add(node.Outputs[0], around), "y");
        var model = Finish(b);
        KnownBranches.Inline(model);
        ModelVerifier.Check(model);
        Assert.That(around.Name, Is.EqualTo("around"));
        Assert.That(Values(model, 3), Is.EqualTo(new double[] { -6 }));

        static Graph Branch(string name, Value output)
        {
            var graph = new Graph(name);
            graph.Outputs.Add(output);
            return graph;
        }
    }

    [Test]
    public void Inline_OutputsThatAreLeftOut_AreNotMissed()
    {
        var (b, x) = Start(1);
        Graph Branch(string name, Func<GraphBuilder, Value> first)
        {
            var inner = new GraphBuilder(new Graph(name), 18);
            inner.Output(first(inner), name + "_0");
            inner.Output(inner.Add(x, x), name + "_1");
            return inner.Graph;
        }

        var node = b.Ops("If", [b.Constant(Tensor.Scalar(true))], 2, [("then_branch", new GraphAttribute(Branch("t", inner => inner.Neg(x)))), ("else_branch", new GraphAttribute(Branch("e", inner => inner.Identity(x))))]);
        node.Outputs[0].Name = "";
        b.Output(node.Outputs[1], "y");
        var model = Finish(b);
        KnownBranches.Inline(model);
        DeadCode.Remove(model.Graph);
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Add" }));
        Assert.That(Values(model, 3), Is.EqualTo(new double[] { 6 }));
    }

    [Test]
    public void Inline_ConditionThatTheRunDecides_Stays()
    {
        var (b, x) = Start(Dim.Named("width"));
        b.Output(If(b, b.Equal(b.Shape(x, 1, 2), b.Constant(1)), inner => inner.Op("Squeeze", [x, inner.Constant(1)]), inner => inner.Identity(x)), "y");
        var model = Finish(b);
        Assert.That(KnownBranches.Inline(model), Is.Zero);
        Assert.That(model.Graph.Nodes.Last!.OpType, Is.EqualTo("If"));
    }

    [Test]
    public void Inline_BranchThatTheShapesRuleOut_IsNoErrorOfTheModel()
    {
        var (b, x) = Start(Dim.Named("width"));
        b.Output(If(b, b.Input("asked", ElementType.Bool, Shape.Scalar), inner => inner.Op("Squeeze", [x, inner.Constant(1)]), inner => inner.Identity(x)), "y");
        x.Type = new TensorType(ElementType.Float, ["batch", 3]);
        var model = Finish(b);
        Assert.That(KnownBranches.Inline(model), Is.Zero);
        Assert.That(() => ShapeInference.Infer(model), Throws.Nothing);
        Assert.That(() => ConstantFolding.Fold(model), Throws.Nothing);
    }

    [Test]
    public void Inline_ConditionOfAKeptInitializer_Stays()
    {
        var (b, x) = Start(1);
        var flag = b.Initializer("flag", Tensor.Scalar(1f));
        b.Output(If(b, b.Greater(flag, b.Constant(0f)), inner => inner.Neg(x), inner => inner.Identity(x)), "y");
        var model = Finish(b);
        Assert.That(KnownBranches.Inline(model, v => v == flag), Is.Zero);
        Assert.That(KnownBranches.Inline(model), Is.EqualTo(1));
    }

    [Test]
    public void Inline_NumberCastToBool_CountsAsTrueUnlessItIsZero()
    {
        var (b, x) = Start(3);
        b.Output(If(b, b.Not(b.Cast(b.Shape(x, 1, 2), ElementType.Bool)), inner => inner.Neg(x), inner => inner.Add(x, x)), "y");
        var model = Finish(b);
        KnownBranches.Inline(model);
        Assert.That(model.Graph.Nodes.Last!.OpType, Is.EqualTo("Add"));
    }

    [Test]
    public void Load_BranchThatNamesAValueFromAround_HasAnIdentityOfItsOwn()
    {
        var (b, x) = Start(1);
        var branch = new GraphBuilder(new Graph("t"), 18);
        var passed = branch.Identity(x);
        branch.Output(passed, "passed");
        b.Output(b.Ops("If", [b.Input("asked", ElementType.Bool, Shape.Scalar)], 1, [("then_branch", new GraphAttribute(branch.Graph)), ("else_branch", new GraphAttribute(ModelCopy.Of(branch.Graph, [])))]).Outputs[0], "y");
        // The Identity's message, out of the file: then the output stands for the value around.
        var proto = ModelProto.Parser.ParseFrom(ModelFile.ToBytes(Finish(b)));
        var then = proto.Graph.Node.Single(n => n.OpType == "If").Attribute[0].G;
        then.Node.Clear();
        then.Output[0].Name = "x";
        var model = ModelFile.Parse(proto.ToByteArray(), "branch.onnx");
        Assert.That(model.Graph.AllNodes().Count(n => n.OpType == "Identity"), Is.EqualTo(2));
        Assert.That(() => ModelFile.ToBytes(model), Throws.Nothing);
    }

    private static Value If(GraphBuilder b, Value condition, Func<GraphBuilder, Value> then, Func<GraphBuilder, Value> other)
    {
        Graph Branch(string name, Func<GraphBuilder, Value> make)
        {
            var inner = new GraphBuilder(new Graph(name), 18);
            inner.Graph.Outputs.Add(make(inner));
            return inner.Graph;
        }

        return b.Op("If", [condition], [("then_branch", new GraphAttribute(Branch("then", then))), ("else_branch", new GraphAttribute(Branch("else", other)))]);
    }

    private static double[] Values(Model model, params double[] x) =>
        Interpreter.Run(model, new Dictionary<string, Array64> { ["x"] = new(x, model.Graph.Inputs[0].Shape is { Rank: 2 } ? [x.Length, 1] : [x.Length]) })["y"].Doubles;

    private static (GraphBuilder Build, Value X) Start(Dim width)
    {
        var build = new GraphBuilder(new Graph(), 18);
        return (build, build.Input("x", ElementType.Float, Shape.Of(["batch", width])));
    }

    private static Model Finish(GraphBuilder build) => new(build.Graph) { OpsetImports = { [""] = 18 } };
}
