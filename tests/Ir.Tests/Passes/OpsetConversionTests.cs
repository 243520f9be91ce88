using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Passes;

/// <summary>Nodes in the form of an older opset, raised and evaluated, against numbers worked out by hand.</summary>
public sealed class OpsetConversionTests
{
    private static readonly Array64 X = new(new[] { 1.0, 2, 3, 4, 5, 6 }, 1, 2, 3);

    [TestCase(11, "Squeeze", new long[] { 2, 3 })]
    [TestCase(12, "Squeeze", new long[] { 2, 3 })]
    [TestCase(13, "ReduceMean", new long[] { 1, 2, 3 })]
    public void Raise_AxesAttribute_BecomesAnInput(int opset, string op, long[] dims)
    {
        var (model, node) = Single(opset, op, [("axes", new long[] { 0 })], "x");
        OpsetConversion.Raise(model);
        Assert.That(node.Attributes, Does.Not.ContainKey("axes"));
        Assert.That(Evaluate(model, X).Dims, Is.EqualTo(dims));
        Assert.That(Evaluate(model, X).Doubles, Is.EqualTo(X.Doubles));
    }

    [Test]
    public void Raise_Reductions_OfEveryKindKeepTheirAxes()
    {
        foreach (var op in new[] { "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare" })
        {
            var (model, node) = Single(11, op, [("axes", new long[] { -1 }), ("keepdims", 0)], "x");
            OpsetConversion.Raise(model);
            Assert.That(Evaluate(model, X).Dims, Is.EqualTo(new[] { 1, 2 }), op);
            Assert.That(node.Inputs, Has.Count.EqualTo(2), op);
        }
    }

    [Test]
    public void Raise_ReductionWithoutAxes_StillReducesAll()
    {
        var (model, _) = Single(11, "ReduceSum", [("keepdims", 0)], "x");
        OpsetConversion.Raise(model);
        Assert.That(Evaluate(model, X).Doubles, Is.EqualTo(new[] { 21.0 }));
    }

    // Below 13 the axes from 1 on are one: the softmax of all six numbers.
    [TestCase(null)]
    [TestCase(1L)]
    public void Raise_SoftmaxOfOpset11_TakesTheTrailingAxesAsOne(long? axis)
    {
        var (model, _) = Single(11, "Softmax", axis is { } given ? [("axis", given)] : [], "x");
        OpsetConversion.Raise(model);
        var sum = X.Doubles.Sum(Math.Exp);
        Assert.That(Evaluate(model, X).Doubles, Is.EqualTo(X.Doubles.Select(v => Math.Exp(v) / sum)).Within(1e-12));
        Assert.That(Evaluate(model, X).Dims, Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [TestCase("Softmax", 2L)]
    [TestCase("LogSoftmax", -1L)]
    public void Raise_SoftmaxOfTheLastAxis_StaysOneNode(string op, long axis)
    {
        var (model, node) = Single(12, op, [("axis", axis)], "x");
        OpsetConversion.Raise(model);
        Assert.That(model.Graph.Nodes, Is.EqualTo(new[] { node }));
        Assert.That(node.Int("axis", 1), Is.EqualTo(-1));
    }

    /// <summary>PyTorch's old exporter writes no types of inner values, and Softmax over the last of four axes by its number.</summary>
    [Test]
    public void Raise_ModelWithoutInnerTypes_KnowsThem()
    {
        var (model, b) = Empty(10);
        var sum = b.Abs(b.Input("half", ElementType.Float16, [1, 2, 3]));
        var node = b.Ops("Softmax", [b.Op("Clip", [sum], [("max", 4f)])], 1, [("axis", 2)]);
        b.Output(node.Outputs[0], "y");
        foreach (var value in b.Graph.Nodes.SelectMany(n => n.Outputs))
        {
            value.Type = null;
        }

        OpsetConversion.Raise(model);
        Assert.That(b.Graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Abs", "Constant", "Clip", "Softmax" }));
        Assert.That(b.Graph.Nodes.First(n => n.OpType == "Constant").Outputs[0].ConstantData!.Type, Is.EqualTo(ElementType.Float16));
    }

    [Test]
    public void Raise_SplitSizes_BecomeAnInputAndEqualPartsANumber()
    {
        var (sizes, b) = Empty(11);
        var parts = b.Ops("Split", [Input(b)], 2, [("axis", 2), ("split", new long[] { 1, 2 })]);
        b.Output(parts.Outputs[1], "y");
        OpsetConversion.Raise(sizes);
        Assert.That(Evaluate(sizes, X).Doubles, Is.EqualTo(new double[] { 2, 3, 5, 6 }));

        var (equal, c) = Empty(13);
        var halves = c.Ops("Split", [Input(c)], 2, [("axis", 1)]);
        c.Output(halves.Outputs[1], "y");
        OpsetConversion.Raise(equal);
        Assert.That(halves.Int("num_outputs", 0), Is.EqualTo(2));
        Assert.That(Evaluate(equal, X).Doubles, Is.EqualTo(new double[] { 4, 5, 6 }));
    }

    [Test]
    public void Raise_DropoutRatio_BecomesAnInputAndDoesNothingAsBefore()
    {
        var (model, node) = Single(11, "Dropout", [("ratio", 0.25f)], "x");
        OpsetConversion.Raise(model);
        Assert.That(node.Input(1)!.ConstantData!.As<float>()[0], Is.EqualTo(0.25f));
        Assert.That(node.Input(2), Is.Null);
        Assert.That(Evaluate(model, X).Doubles, Is.EqualTo(X.Doubles));
    }

    [Test]
    public void Raise_ClipOfOpset6_KeepsItsLimits()
    {
        var (model, _) = Single(10, "Clip", [("max", 4.5f)], "x");
        OpsetConversion.Raise(model);
        Assert.That(Evaluate(model, X).Doubles, Is.EqualTo(new[] { 1, 2, 3, 4, 4.5, 4.5 }));
    }

    [Test]
    public void Raise_SliceAndPadAttributes_BecomeInputs()
    {
        var (slice, _) = Single(9, "Slice", [("starts", new long[] { 1 }), ("ends", new long[] { 3 }), ("axes", new long[] { 2 })], "x");
        OpsetConversion.Raise(slice);
        Assert.That(Evaluate(slice, X).Doubles, Is.EqualTo(new double[] { 2, 3, 5, 6 }));

        var (pad, _) = Single(10, "Pad", [("pads", new long[] { 0, 0, 1, 0, 0, 0 }), ("value", 9f)], "x");
        OpsetConversion.Raise(pad);
        Assert.That(Evaluate(pad, X).Doubles, Is.EqualTo(new double[] { 9, 1, 2, 3, 9, 4, 5, 6 }));
    }

    [Test]
    public void Raise_TopKAttribute_BecomesAnInput()
    {
        var (model, b) = Empty(9);
        b.Output(b.Ops("TopK", [Input(b)], 2, [("k", 1), ("axis", -1)]).Outputs[0], "y");
        OpsetConversion.Raise(model);
        Assert.That(Evaluate(model, X).Doubles, Is.EqualTo(new double[] { 3, 6 }));
    }

    [TestCase(8)]
    [TestCase(9)]
    public void Raise_Upsample_BecomesResizeThatCountsFromTheCorner(int opset)
    {
        var (model, b) = Empty(opset);
        var y = opset == 8
            ? b.Op("Upsample", [Input(b)], [("scales", new float[] { 1, 1, 2 })])
            : b.Op("Upsample", [Input(b), b.Constant(Tensor.Vector(1f, 1, 2))]);
        b.Output(y, "y");
        OpsetConversion.Raise(model);
        var node = y.Producer!;
        Assert.That((node.OpType, node.Text("coordinate_transformation_mode", ""), node.Text("nearest_mode", "")), Is.EqualTo(("Resize", "asymmetric", "floor")));
        Assert.That(node.Input(1), Is.Null);
        Assert.That(node.Input(2)!.ConstantData!.As<float>().ToArray(), Is.EqualTo(new[] { 1f, 1, 2 }));
        Assert.That(Evaluate(model, X).Doubles, Is.EqualTo(new double[] { 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6 }));
    }

    [Test]
    public void Raise_ResizeThatShrinksSomeAxesAndEnlargesOthers_IsRefused()
    {
        var (model, b) = Empty(10);
        b.Output(b.Op("Resize", [Input(b), b.Constant(Tensor.Vector(1f, 2, 0.5f))]), "y");
        Assert.That(() => OpsetConversion.Raise(model), Throws.TypeOf<IrException>().With.Message.Contains("Resize").And.Message.Contains("0.5"));
    }

    [Test]
    public void Raise_ResizeWithSizes_LosesItsEmptyScales()
    {
        var (model, b) = Empty(11);
        var empty = b.Initializer("empty", new Tensor(ElementType.Float, [0], default));
        b.Output(b.Op("Resize", [Input(b), empty, empty, b.Constant(1, 2, 6)]), "y");
        OpsetConversion.Raise(model);
        Assert.That(model.Graph.Nodes.Last!.Inputs.Select(v => v is null), Is.EqualTo(new[] { false, true, true, false }));
    }

    [Test]
    public void Raise_Scatter_BecomesScatterElements()
    {
        var (model, b) = Empty(10);
        b.Output(b.Op("Scatter", [Input(b), b.Constant(Tensor.From<long>([1], 1, 1, 1)), b.Constant(Tensor.From<float>([8], 1, 1, 1))], [("axis", 2)]), "y");
        OpsetConversion.Raise(model);
        Assert.That(Evaluate(model, X).Doubles, Is.EqualTo(new double[] { 1, 8, 3, 4, 5, 6 }));
    }

    [Test]
    public void Raise_GroupNormalizationTo21_RepeatsScalesOverChannels()
    {
        var (model, b) = Empty(18);
        var x = b.Input("x", ElementType.Float, ["n", 4, 2]);
        b.Output(b.Op("GroupNormalization", [x, b.Initializer("scale", Tensor.Vector(2f, 3)), b.Initializer("bias", Tensor.Vector(5f, 6))], [("num_groups", 2)]), "y");
        OpsetConversion.Raise(model, 21);
        var node = model.Graph.Nodes.Last!;
        b.Output(node.Inputs[1]!, "scales");
        model.Graph.Nodes.Remove(node);
        model.Graph.Outputs.RemoveAt(0);
        Assert.That(Interpreter.Run(model, new Dictionary<string, Array64> { ["x"] = new(new double[8], 1, 4, 2) })["scales"].Doubles, Is.EqualTo(new double[] { 2, 2, 3, 3 }));
    }

    [TestCase(1, 1, 0)]
    [TestCase(5, 3, 1)]
    public void Raise_BatchNormalizationTo14_SaysByAnAttributeThatItTrains(int outputs, int kept, int mode)
    {
        var (model, b) = Empty(9);
        var node = b.Ops("BatchNormalization", [Input(b), null, null, null, null], outputs);
        b.Output(node.Outputs[0], "y");
        OpsetConversion.Raise(model);
        Assert.That(node.Outputs, Has.Count.EqualTo(kept));
        Assert.That(node.Int("training_mode", 0), Is.EqualTo(mode));
    }

    [Test]
    public void Raise_FormWithoutAWayUp_NamesOperatorAndNode()
    {
        var (model, b) = Empty(13);
        var node = b.Ops("BatchNormalization", [Input(b), null, null, null, null], 5, name: "bn1");
        b.Output(node.Outputs[0], "y");
        b.Output(node.Outputs[3], "saved");
        Assert.That(() => OpsetConversion.Raise(model), Throws.InstanceOf<IrException>().With.Message.Contains("bn1").And.Message.Contains("BatchNormalization"));
    }

    [Test]
    public void Raise_OpsetTooLow_SaysWhichIsTheLowest()
    {
        var (model, _) = Single(6, "Relu", [], "x");
        Assert.That(() => OpsetConversion.Raise(model), Throws.InstanceOf<IrException>().With.Message.Contains("opset 6").And.Message.Contains("opset 7"));
    }

    [Test]
    public void Raise_Model_ChangesImportsOnlyUpwards()
    {
        var (old, _) = Single(11, "Relu", [], "x");
        old.IrVersion = 4;
        OpsetConversion.Raise(old);
        var (newer, _) = Single(21, "Relu", [], "x");
        newer.IrVersion = 10;
        OpsetConversion.Raise(newer);
        Assert.That((old.Opset, old.IrVersion), Is.EqualTo((18, 8L)));
        Assert.That((newer.Opset, newer.IrVersion), Is.EqualTo((21, 10L)));
    }

    [Test]
    public void Raise_LocalFunctions_FromTheirOwnImports()
    {
        var (model, b) = Empty(18);
        var function = new Function("local", "f");
        function.OpsetImports.Add("", 12);
        function.Body.Inputs.Add(new Value("x"));
        var body = new GraphBuilder(function.Body, 18);
        body.Output(body.Op("Squeeze", [function.Body.Inputs[0]], [("axes", new long[] { 0 })]), "y");
        model.Functions.Add(function);
        b.Output(b.Op("f", [Input(b)], domain: "local"), "y");
        OpsetConversion.Raise(model);
        Assert.That(function.OpsetImports[""], Is.EqualTo(18));
        FunctionInlining.Inline(model);
        Assert.That(Evaluate(model, X).Dims, Is.EqualTo(new[] { 2, 3 }));
    }

    [Test]
    public void Raise_NodeInASubgraph_IsRaisedToo()
    {
        var (model, b) = Empty(11);
        var x = Input(b);
        GraphAttribute Branch(long axis)
        {
            var graph = new Graph("branch");
            var inner = new GraphBuilder(graph, 18);
            inner.Output(inner.Op("ReduceSum", [x], [("axes", new[] { axis })]));
            return new GraphAttribute(graph);
        }

        b.Output(b.Op("If", [b.Constant(Tensor.Scalar(true))], [("then_branch", Branch(1)), ("else_branch", Branch(2))]), "y");
        OpsetConversion.Raise(model);
        Assert.That(Evaluate(model, X).Doubles, Is.EqualTo(new double[] { 5, 7, 9 }));
    }

    private static (Model Model, Node Node) Single(int opset, string op, (string, AttributeValue)[] attributes, string input)
    {
        var (model, b) = Empty(opset);
        var y = b.Op(op, [b.Input(input, ElementType.Float, [1, 2, 3])], attributes);
        b.Output(y, "y");
        return (model, y.Producer!);
    }

    private static (Model Model, GraphBuilder Build) Empty(int opset)
    {
        var model = new Model(new Graph("g"));
        model.OpsetImports.Add("", opset);
        return (model, new GraphBuilder(model.Graph, opset));
    }

    private static Value Input(GraphBuilder b) => b.Input("x", ElementType.Float, [1, 2, 3]);

    private static Array64 Evaluate(Model model, Array64 x) => Interpreter.Run(model, new Dictionary<string, Array64> { ["x"] = x })["y"];
}
