using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Functions;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Functions;

public sealed class FunctionLibraryTests
{
    private static IEnumerable<TestCaseData> WithBody => FunctionLibrary.Default.Operators.Where(o => o.Body is not null).Select(o => new TestCaseData(o.Domain, o.Name));

    [TestCaseSource(nameof(WithBody))]
    public void Bodies_OfTheDefaultLibrary_KeepTheRules(string domain, string name)
    {
        var fused = FunctionLibrary.Default.Find(domain, name)!;
        var body = fused.ToFunction(18).Body;
        Assert.That(fused.Domain, Is.Not.Empty);
        Assert.That(body.AllNodes().Where(n => n.OpType == "ScatterND"), Is.Empty, "ScatterND with reduction loses updates on several threads");
        Assert.That(body.Initializers, Is.Empty);
        Assert.That(body.AllNodes().SelectMany(n => n.Attributes.Values).OfType<ReferenceAttribute>().Select(r => r.Name).Distinct(), Is.SubsetOf(fused.Attributes.Keys));
        Assert.That(body.Outputs.Select(o => o.Name), Is.EqualTo(fused.Outputs));
    }

    [Test]
    public void AddBodies_UsedOperators_AddsThoseAndTheirImports()
    {
        var model = Model(("GeluGrad", "com.microsoft"), ("GeluGrad", "com.microsoft"), ("Mul", ""));
        var added = FunctionLibrary.Default.AddBodies(model);
        Assert.That(added.Select(f => f.Name), Is.EqualTo(new[] { "GeluGrad" }));
        Assert.That(model.Functions, Is.EqualTo(added));
        Assert.That(model.OpsetImports["com.microsoft"], Is.EqualTo(1));
        Assert.That(FunctionLibrary.Default.AddBodies(model), Is.Empty);
    }

    [Test]
    public void AddBodies_OperatorOfAUser_AddsItsBodyAndWhatThatCalls()
    {
        var library = FunctionLibrary.Default.With(new("mine", "TwiceGelu")
        {
            Doc = "two Gelu gradients, one after the other",
            Inputs = ["dY", "X"],
            Outputs = ["dX"],
            Attributes = new Dictionary<string, AttributeValue?> { ["factor"] = 2f },
            Body = (b, x) => [b.Op("GeluGrad", [b.Op("GeluGrad", [x[0], x[1]], domain: "com.microsoft"), x[1]], domain: "com.microsoft")],
        });
        var model = Model(("TwiceGelu", "mine"));
        Assert.That(library.AddBodies(model).Select(f => f.Name), Is.EqualTo(new[] { "TwiceGelu", "GeluGrad" }));
        Assert.That(model.OpsetImports.Keys, Is.EquivalentTo(new[] { "", "mine", "com.microsoft" }));
        Assert.That(model.IrVersion, Is.EqualTo(9), "defaults of attributes came with it");

        var (dY, x) = (Calls.Random(1, 4), Calls.Random(2, 4));
        var once = Calls.Gradient("GeluGrad", dY, x);
        Assert.That(Interpreter.Run(model, new Dictionary<string, Array64> { ["a"] = dY, ["b"] = x })["y"].Doubles, Is.EqualTo(Calls.Gradient("GeluGrad", once, x).Doubles));
        Assert.That(FunctionLibrary.Default.Find("mine", "TwiceGelu"), Is.Null);
    }

    [Test]
    public void AddBodies_FunctionOfTheModel_StaysAsItIs()
    {
        var model = Model(("GeluGrad", "com.microsoft"));
        var own = new Function("com.microsoft", "GeluGrad");
        model.Functions.Add(own);
        Assert.That(FunctionLibrary.Default.AddBodies(model), Is.Empty);
        Assert.That(model.Functions, Is.EqualTo(new[] { own }));
    }

    [Test]
    public void AddBodies_LowOpset_IsRefused()
    {
        var model = Model(("GeluGrad", "com.microsoft"));
        model.OpsetImports[""] = 17;
        Assert.That(() => FunctionLibrary.Default.AddBodies(model), Throws.TypeOf<IrException>().With.Message.Contains("found 17"));
    }

    [Test]
    public void AddBodies_AttributeLeftOut_IsRefused()
    {
        var library = FunctionLibrary.Default.With(new("mine", "Power")
        {
            Doc = "needs its attribute",
            Inputs = ["x", "p"],
            Outputs = ["y"],
            Attributes = new Dictionary<string, AttributeValue?> { ["factor"] = null },
            Body = (b, x) => [b.Pow(x[0], x[1])],
        });
        Assert.That(() => library.AddBodies(Model(("Power", "mine"))), Throws.TypeOf<IrException>().With.Message.Contains("factor"));
    }

    [Test]
    public void With_DomainOfOnnx_IsRefused() =>
        Assert.That(() => FunctionLibrary.Default.With(new("", "Mine") { Doc = "", Inputs = [], Outputs = [], Body = null }), Throws.TypeOf<IrException>());

    [Test]
    public void Infer_GatherGradOfAConstantShape_HasThatShape()
    {
        var b = new GraphBuilder(new Graph(), 18);
        var node = b.Ops("GatherGrad", [b.Initializer("shape", Tensor.Vector(3L, 4)), b.Input("i", ElementType.Int64, [2]), b.Input("dY", ElementType.Float, [2, 4])], 1, domain: "com.microsoft");
        FunctionLibrary.Default.Find("com.microsoft", "GatherGrad")!.Infer!(node);
        Assert.That(node.Outputs[0].Type, Is.EqualTo(new TensorType(ElementType.Float, [3, 4])));
    }

    /// <summary>y = the last of the operators, each of two inputs, applied to a and b.</summary>
    private static Model Model(params (string Op, string Domain)[] operators)
    {
        var graph = new Graph();
        var build = new GraphBuilder(graph, 18);
        var (a, b) = (build.Input("a", ElementType.Float, [4]), build.Input("b", ElementType.Float, [4]));
        build.Output(operators.Aggregate(a, (value, op) => build.Op(op.Op, [value, b], domain: op.Domain)), "y");
        var model = new Model(graph);
        model.OpsetImports.Add("", 18);
        return model;
    }
}
