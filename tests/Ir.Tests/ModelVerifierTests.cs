using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Tests.Serialization;

namespace OnnxPipeline.Ir.Tests;

public sealed class ModelVerifierTests
{
    [Test]
    public void Check_LegalModel_Passes() => Assert.That(() => ModelVerifier.Check(Samples.Rich()), Throws.Nothing);

    [Test]
    public void Check_RepeatedLabelsInside_Passes() => Assert.That(() => ModelVerifier.Check(Chain(out _, out _)), Throws.Nothing);

    [Test]
    public void Check_NodesOutOfOrder_NamesTheNode()
    {
        var model = Chain(out var first, out _);
        model.Graph.Nodes.Unlink(first);
        model.Graph.Nodes.Add(first);
        Refused(model, "second", "topological order");
    }

    [Test]
    public void Check_Cycle_NamesTheNode()
    {
        var model = Chain(out var first, out var second);
        first.SetInput(0, second.Outputs[0]);
        Refused(model, "first", "cycle");
    }

    [Test]
    public void Check_ValueOfNoGraph_NamesTheNode()
    {
        var model = Chain(out var first, out _);
        first.SetInput(0, new Value("nowhere"));
        Refused(model, "first", "'nowhere'");
    }

    [TestCase("MatMul", 1)]
    [TestCase("Where", 2)]
    [TestCase("BatchNormalization", 4)]
    public void Check_TooFewInputs_NamesTheNode(string op, int inputs)
    {
        var model = Chain(out var first, out _);
        var node = new Node("", op, Enumerable.Repeat(first.Outputs[0], inputs), [new Value("third")], "third");
        model.Graph.Nodes.Add(node);
        Refused(model, "third", "requires");
    }

    [TestCase("SkipLayerNormalization", 2)]
    [TestCase("FusedMatMul", 1)]
    public void Check_TooFewInputsOfMicrosofts_NamesTheNode(string op, int inputs)
    {
        var model = Chain(out var first, out _);
        model.Graph.Nodes.Add(new Node("com.microsoft", op, Enumerable.Repeat(first.Outputs[0], inputs), [new Value("third")], "third"));
        Refused(model, "third", "requires");
    }

    [Test]
    public void Check_InputThatMayBeLeftOutBeforeOthers_Passes()
    {
        var model = Chain(out var first, out _);
        var x = first.Outputs[0];
        model.Graph.Nodes.Add(new Node("com.microsoft", "EmbedLayerNormalization", [x, null, x, x, null, x, x], [new Value("embedded")], "embedded"));
        Assert.That(() => ModelVerifier.Check(model), Throws.Nothing);
    }

    [Test]
    public void Check_ValueOfARemovedNode_NamesBoth()
    {
        var model = Chain(out var first, out _);
        model.Graph.Nodes.Remove(first);
        Refused(model, "second", "first", "in no graph");
    }

    [Test]
    public void Check_ValueOfAnInnerGraph_IsOutOfSight()
    {
        var model = Chain(out var first, out _);
        var inner = Samples.Subgraph(b => b.Constant(1f));
        first.Attributes.Add("body", new GraphAttribute(inner));
        Assert.That(() => ModelVerifier.Check(model), Throws.Nothing);
        model.Graph.Nodes.Last!.SetInput(0, inner.Outputs[0]);
        Refused(model, "second", "inside another graph");
    }

    [Test]
    public void Check_OutputThatNobodyMakes_IsNamed()
    {
        var model = Chain(out _, out _);
        model.Graph.Outputs.Add(new Value("lost"));
        Refused(model, "'lost'", "made by no node");
    }

    [Test]
    public void Check_NamesThatClash_AreNamed()
    {
        var model = Chain(out _, out _);
        model.Graph.Inputs.Add(new Value("x"));
        Refused(model, "'x'");
    }

    [Test]
    public void Check_NoOperator_NamesTheNode()
    {
        var model = Chain(out var first, out _);
        first.OpType = "";
        Refused(model, "first", "op_type");
    }

    [Test]
    public void Check_DomainThatIsNotImported_NamesIt()
    {
        var model = Chain(out var first, out _);
        first.Domain = "acme";
        Refused(model, "first", "'acme'");
        model.Functions.Add(new Function("acme", first.OpType) { OpsetImports = { [""] = 18 } });
        Assert.That(() => ModelVerifier.Check(model), Throws.Nothing, "a local function needs no import");
    }

    [TestCase(29, 8)]
    [TestCase(18, 15)]
    [TestCase(18, 0)]
    public void Check_VersionBeyondTheKnown_IsRefused(int opset, long irVersion)
    {
        var model = Chain(out _, out _);
        model.OpsetImports[""] = opset;
        model.IrVersion = irVersion;
        Refused(model, "version");
    }

    [Test]
    public void Check_FunctionsThatCallEachOther_AreRefused()
    {
        var model = Chain(out _, out _);
        model.Functions.Add(Calling("A", "B"));
        model.Functions.Add(Calling("B", "A"));
        Refused(model, "f::B", "recursive");
    }

    [Test]
    public void Check_ManyFunctionsInARow_AreRefusedOrPass()
    {
        var model = Chain(out _, out _);
        for (var i = 0; i < 100_000; i++)
        {
            model.Functions.Add(Calling($"F{i}", $"F{i + 1}"));
        }

        model.Functions.Add(Calling("F100000", null));
        Refused(model, "more than");
    }

    private static Function Calling(string name, string? called)
    {
        var function = new Function("f", name) { OpsetImports = { [""] = 18 } };
        function.Body.Nodes.Add(called is null ? new Node("", "Constant", [], [new Value("y")]) : new Node("f", called, [], [new Value("y")]));
        return function;
    }

    private static Model Chain(out Node first, out Node second)
    {
        var build = new GraphBuilder(new Graph("g"), 18);
        var x = build.Input("x", ElementType.Float, []);
        first = build.Ops("Relu", [x], 1, name: "first");
        second = build.Ops("Relu", [first.Outputs[0]], 1, name: "second");
        var third = build.Ops("Relu", [second.Outputs[0]], 1, name: "second"); // labels may repeat
        build.Output(third.Outputs[0], "y");
        return new Model(build.Graph) { OpsetImports = { [""] = 18 } };
    }

    private static void Refused(Model model, params string[] parts)
    {
        var error = Assert.Throws<IrException>(() => ModelVerifier.Check(model));
        Assert.Multiple(() =>
        {
            foreach (var part in parts)
            {
                Assert.That(error!.Message, Does.Contain(part));
            }
        });
    }
}
