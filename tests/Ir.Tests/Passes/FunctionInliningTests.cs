using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Passes;

public sealed class FunctionInliningTests
{
    private const string Local = "local";

    [Test]
    public void Inline_TwoCallsWithAttributes_ComputesTheSameUnderUniqueNames()
    {
        // scaled(x; alpha = 2) = LeakyRelu(x; alpha) + x
        var function = new Function(Local, "scaled");
        function.DefaultAttributes.Add("slope", 0.5f);
        var body = Body(function, "x");
        body.Output(body.Add(body.Op("LeakyRelu", [function.Body.Inputs[0]], [("alpha", new ReferenceAttribute("slope", 1))]), function.Body.Inputs[0]), "y");

        var (model, b, x) = Start(function);
        var first = b.Op("scaled", [x], domain: Local, name: "call");
        b.Output(b.Op("scaled", [first], [("slope", 0.25f)], Local, "call"), "out");
        Dictionary<string, Array64> feeds = new() { ["x"] = new(new[] { -4.0, 3 }, 2) };
        var before = Interpreter.Run(model, feeds)["out"].Doubles;

        Assert.That(FunctionInlining.Inline(model), Is.EqualTo(2));
        Assert.That(model.Functions, Is.Empty);
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "LeakyRelu", "Add", "LeakyRelu", "Add" }));
        Assert.That(Interpreter.Run(model, feeds)["out"].Doubles, Is.EqualTo(before));
        Assert.That(before, Is.EqualTo(new[] { (-4.0 + (0.5 * -4)) * 1.25, 12 })); // the default, then the call's own
        var names = model.Graph.Nodes.SelectMany(n => n.Outputs).Select(v => v.Name).ToArray();
        Assert.That(names, Is.Unique);
    }

    [Test]
    public void Inline_NestedCalls_PassAttributesOn()
    {
        var inner = new Function(Local, "inner");
        var innerBody = Body(inner, "x");
        innerBody.Output(innerBody.Op("LeakyRelu", [inner.Body.Inputs[0]], [("alpha", new ReferenceAttribute("slope", 1))]), "y");
        var outer = new Function(Local, "outer");
        var outerBody = Body(outer, "x");
        outerBody.Output(outerBody.Neg(outerBody.Op("inner", [outer.Body.Inputs[0]], [("slope", new ReferenceAttribute("a", 1))], Local)), "y");

        var (model, b, x) = Start(outer, inner);
        b.Output(b.Op("outer", [x], [("a", 0.125f)], Local), "out");

        Assert.That(FunctionInlining.Inline(model), Is.EqualTo(2));
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "LeakyRelu", "Neg" }));
        Assert.That(model.Graph.Nodes.First!.Float("alpha", 0), Is.EqualTo(0.125f));
        Assert.That(model.Graph.Outputs[0].Name, Is.EqualTo("out"));
    }

    [Test]
    public void Inline_OptionalInputLeftOut_IsLeftOutInside()
    {
        var function = new Function(Local, "f");
        var body = Body(function, "x", "low", "high");
        body.Output(body.Op("Clip", [.. function.Body.Inputs]), "y");
        var (model, b, x) = Start(function);
        b.Output(b.Op("f", [x, null, b.Constant(1f)], domain: Local), "out");
        FunctionInlining.Inline(model);
        var clip = model.Graph.Nodes.Last!;
        Assert.That(clip.Input(1), Is.Null);
        Assert.That(clip.Input(2), Is.Not.Null);
    }

    [Test]
    public void Inline_AttributeWithoutValue_IsLeftOut()
    {
        var function = new Function(Local, "f");
        var body = Body(function, "x");
        body.Output(body.Op("Softmax", [function.Body.Inputs[0]], [("axis", new ReferenceAttribute("axis", 2))]), "y");
        var (model, b, x) = Start(function);
        b.Output(b.Op("f", [x], domain: Local), "out");
        FunctionInlining.Inline(model);
        Assert.That(model.Graph.Nodes.First!.Attributes, Is.Empty);
    }

    [Test]
    public void Inline_Overloads_EachCallGetsItsOwn()
    {
        var neg = new Function(Local, "f") { Overload = "neg" };
        var negBody = Body(neg, "x");
        negBody.Output(negBody.Neg(neg.Body.Inputs[0]), "y");
        var abs = new Function(Local, "f") { Overload = "abs" };
        var absBody = Body(abs, "x");
        absBody.Output(absBody.Abs(abs.Body.Inputs[0]), "y");
        var (model, b, x) = Start(neg, abs);
        var first = b.Ops("f", [x], 1, domain: Local);
        first.Overload = "abs";
        var second = b.Ops("f", [first.Outputs[0]], 1, domain: Local);
        second.Overload = "neg";
        b.Output(second.Outputs[0], "out");
        FunctionInlining.Inline(model);
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Abs", "Neg" }));
    }

    [Test]
    public void Inline_ArgumentThatIsTheResult_GoesThroughAnIdentityWhereItIsAnOutput()
    {
        var function = new Function(Local, "same");
        var body = Body(function, "x");
        body.Output(function.Body.Inputs[0]);
        var (model, b, x) = Start(function);
        var produced = b.Neg(x);
        produced.Name = "scope/kept";
        b.Output(b.Abs(b.Op("same", [produced], domain: Local)), "a");
        b.Output(b.Op("same", [x], domain: Local), "b");
        FunctionInlining.Inline(model);
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Neg", "Abs", "Identity" }));
        Assert.That(produced.Name, Is.EqualTo("scope/kept"), "a value that was there before keeps its name");
        Assert.That(model.Graph.Outputs.Select(v => v.Name), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void Inline_CallInASubgraphAndSubgraphInABody_AreBothReplaced()
    {
        var function = new Function(Local, "choose");
        var body = Body(function, "flag", "x");
        var (flagInside, xInside) = (function.Body.Inputs[0], function.Body.Inputs[1]);
        body.Output(body.Op("If", [flagInside], [("then_branch", Branch(g => g.Neg(xInside))), ("else_branch", Branch(g => g.Abs(xInside)))]), "y");

        var (model, b, x) = Start(function);
        var flag = b.Input("flag", ElementType.Bool, []);
        b.Output(b.Op("If", [flag], [("then_branch", Branch(g => g.Op("choose", [flag, x], domain: Local))), ("else_branch", Branch(g => g.Identity(x)))]), "out");
        Assert.That(FunctionInlining.Inline(model), Is.EqualTo(1));
        Dictionary<string, Array64> feeds = new() { ["x"] = new(new[] { 3.0 }, 1), ["flag"] = Array64.Scalar(true) };
        Assert.That(Interpreter.Run(model, feeds)["out"].Doubles, Is.EqualTo(new[] { -3.0 }));
    }

    [Test]
    public void Inline_Keep_LeavesCallAndFunctionAndInlinesInItsBody()
    {
        var inner = new Function(Local, "inner");
        var innerBody = Body(inner, "x");
        innerBody.Output(innerBody.Neg(inner.Body.Inputs[0]), "y");
        var kept = new Function("com.microsoft", "Fused");
        var keptBody = Body(kept, "x");
        keptBody.Output(keptBody.Op("inner", [kept.Body.Inputs[0]], domain: Local), "y");
        var (model, b, x) = Start(inner, kept);
        b.Output(b.Op("Fused", [x], domain: "com.microsoft"), "out");

        FunctionInlining.Inline(model, f => f.Domain == "com.microsoft");

        Assert.That(model.Functions, Is.EqualTo(new[] { kept }));
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Fused" }));
        Assert.That(kept.Body.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Neg" }));
    }

    [Test]
    public void Inline_BodyOfAnotherDomain_ImportsIt()
    {
        var function = new Function(Local, "f");
        function.OpsetImports.Add("com.microsoft", 1);
        var body = Body(function, "x");
        body.Output(body.Op("Gelu", [function.Body.Inputs[0]], domain: "com.microsoft"), "y");
        var (model, b, x) = Start(function);
        b.Output(b.Op("f", [x], domain: Local), "out");
        FunctionInlining.Inline(model);
        Assert.That(model.OpsetImports, Does.ContainKey("com.microsoft"));
        Assert.That(model.Opset, Is.EqualTo(18));
    }

    [Test]
    public void Inline_Recursion_IsAnErrorWithTheName()
    {
        var first = new Function(Local, "first");
        var firstBody = Body(first, "x");
        firstBody.Output(firstBody.Op("second", [first.Body.Inputs[0]], domain: Local), "y");
        var second = new Function(Local, "second");
        var secondBody = Body(second, "x");
        secondBody.Output(secondBody.Op("first", [second.Body.Inputs[0]], domain: Local), "y");
        var (model, b, x) = Start(first, second);
        b.Output(b.Op("first", [x], domain: Local), "out");
        Assert.That(() => FunctionInlining.Inline(model), Throws.InstanceOf<IrException>().With.Message.Contains("local::first"));
    }

    [Test]
    public void Inline_ChainThatDoublesAtEveryLink_IsRefusedBeforeItGrows()
    {
        const int links = 40;
        var chain = Enumerable.Range(0, links).Select(i => new Function(Local, $"link{i}")).ToArray();
        for (var i = 0; i < links; i++)
        {
            var body = Body(chain[i], "x");
            Value Next(Value x) => i + 1 < links ? body.Op($"link{i + 1}", [x], domain: Local) : body.Neg(x);
            body.Output(Next(Next(chain[i].Body.Inputs[0])), "y");
        }

        var (model, b, x) = Start(chain);
        b.Output(b.Op("link0", [x], domain: Local), "out");
        Assert.That(() => FunctionInlining.Inline(model), Throws.InstanceOf<IrException>().With.Message.Contains("nodes"));
    }

    [Test]
    public void Inline_TooManyInputsOrAMissingAttribute_NamesTheCall()
    {
        var function = new Function(Local, "f");
        function.RequiredAttributes.Add("alpha");
        var body = Body(function, "x");
        body.Output(body.Neg(function.Body.Inputs[0]), "y");
        var (many, b, x) = Start(function);
        b.Output(b.Op("f", [x, x], [("alpha", 1f)], Local, "call7"), "out");
        Assert.That(() => FunctionInlining.Inline(many), Throws.InstanceOf<IrException>().With.Message.Contains("call7").And.Message.Contains("2 inputs"));

        var (missing, c, y) = Start(function);
        c.Output(c.Op("f", [y], domain: Local, name: "call8"), "out");
        Assert.That(() => FunctionInlining.Inline(missing), Throws.InstanceOf<IrException>().With.Message.Contains("call8").And.Message.Contains("alpha"));
    }

    private static GraphBuilder Body(Function function, params ReadOnlySpan<string> inputs)
    {
        function.OpsetImports.TryAdd("", 18);
        foreach (var input in inputs)
        {
            function.Body.Inputs.Add(new Value(input));
        }

        return new GraphBuilder(function.Body, 18);
    }

    private static GraphAttribute Branch(Func<GraphBuilder, Value> make)
    {
        var graph = new Graph("branch");
        var b = new GraphBuilder(graph, 18);
        b.Output(make(b));
        return new GraphAttribute(graph);
    }

    private static (Model Model, GraphBuilder Build, Value X) Start(params ReadOnlySpan<Function> functions)
    {
        var model = new Model(new Graph("g"));
        model.OpsetImports.Add("", 18);
        model.OpsetImports.Add(Local, 1);
        model.Functions.AddRange(functions);
        var b = new GraphBuilder(model.Graph, 18);
        return (model, b, b.Input("x", ElementType.Float, ["n"]));
    }
}
