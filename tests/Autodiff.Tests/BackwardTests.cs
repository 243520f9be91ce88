using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Autodiff.Tests;

public sealed class BackwardTests
{
    private static readonly Dictionary<string, int> Opsets = new() { [""] = 18, ["com.microsoft"] = 1, ["test"] = 1 };

    [Test]
    public void Append_FrozenPart_GetsNoGradientNodes()
    {
        var (build, x) = Start();
        var w1 = build.Initializer("w1", Tensor.From<float>(new float[9], 3, 3));
        var w2 = build.Initializer("w2", Tensor.From<float>(new float[6], 3, 2));
        var hidden = build.Scoped("frozen/").Relu(build.Scoped("frozen/").MatMul(x, w1));
        var loss = build.ReduceMeanAll(build.MatMul(hidden, w2));
        var before = build.Graph.Nodes.Count;
        var gradients = Backward.Append(build.Graph, Opsets, loss, [w2]);
        Assert.That(gradients.Keys, Is.EqualTo(new[] { w2 }));
        Assert.That(build.Graph.Nodes.Skip(before).Select(n => n.Name), Has.None.Contains("frozen/"));
        Assert.That(build.Graph.Nodes.Skip(before).Select(n => n.OpType), Has.None.EqualTo("ReluGrad"));
    }

    [Test]
    public void Append_KnownRanksAndNamedBatch_MakesNoShapeNodes()
    {
        var build = new GraphBuilder(new Graph(), 18);
        var x = build.Input("x", ElementType.Float, ["batch", "seq", 8]);
        var w = build.Initializer("w", Tensor.From<float>(new float[64], 8, 8));
        var bias = build.Initializer("b", Tensor.From<float>(new float[8], 8));
        var hidden = build.Add(build.MatMul(x, w), bias); // [batch, seq, 8]
        var heads = build.Transpose(build.Reshape(hidden, 0, 0, 2, 4), 0, 2, 1, 3); // [batch, 2, seq, 4]
        var back = build.Reshape(build.Transpose(build.Softmax(heads), 0, 2, 1, 3), 0, 0, 8);
        var loss = build.ReduceSumAll(build.Mul(build.Add(back, hidden), back));
        var before = build.Graph.Nodes.Count;
        Backward.Append(build.Graph, Opsets, loss, [w, bias]);
        var made = build.Graph.Nodes.Skip(before).ToList();
        Assert.That(made.Where(n => n.OpType is "Shape" or "NonZero" or "ConstantOfShape").ToList(), Has.Count.LessThanOrEqualTo(1), "one Shape at the most: that of the sum's input");
    }

    [Test]
    public void Append_ValueUsedTwice_SumsItsGradients()
    {
        var build = new GraphBuilder(new Graph(), 18);
        var x = build.Input("x", ElementType.Double, [2]);
        var loss = build.ReduceSumAll(build.Add(build.Mul(x, x), build.Exp(x)));
        var gradient = Backward.Append(build.Graph, Opsets, loss, [x])[x];
        var run = Interpreter.Run(build.Graph, new Dictionary<string, Array64> { ["x"] = new(new[] { 0.5, -2 }, 2) });
        Assert.That(run[gradient].Doubles, Is.EqualTo(new[] { 1 + Math.Exp(0.5), -4 + Math.Exp(-2) }).Within(1e-15));
        Assert.That(gradient.Name, Is.EqualTo("x_grad"));
    }

    [Test]
    public void Append_OneGradientForTwoParameters_GivesEachAValueOfItsOwn()
    {
        var build = new GraphBuilder(new Graph(), 18);
        var (a, b) = (build.Input("a", ElementType.Double, [2]), build.Input("b", ElementType.Double, [2]));
        var gradients = Backward.Append(build.Graph, Opsets, build.ReduceSumAll(build.Add(a, b)), [a, b]);
        Assert.That(gradients.Values.Distinct().Count(), Is.EqualTo(2));
        Assert.That(gradients.Select(g => g.Value.Name), Is.EqualTo(new[] { "a_grad", "b_grad" }));
    }

    [Test]
    public void Append_ParameterWithoutInfluence_HasNoEntry()
    {
        var (build, x) = Start();
        var unused = build.Initializer("unused", Tensor.Vector(1f));
        Assert.That(Backward.Append(build.Graph, Opsets, build.ReduceSumAll(x), [unused]), Is.Empty);
    }

    [Test]
    public void Append_OperatorsWithoutRule_AreAllListedWithNodesAndAdvice()
    {
        var (build, x) = Start();
        Value Unknown(string op, Value input, string name)
        {
            var y = build.Op(op, [input], domain: "test", name: name);
            y.Type = input.Type;
            return y;
        }

        var y = Unknown("Second", Unknown("First", Unknown("First", x, "first_a"), "first_b"), "second_a");
        var error = Assert.Throws<AutodiffException>(() => Backward.Append(build.Graph, Opsets, build.ReduceSumAll(y), [x]));
        Assert.That(error!.Message, Does.Contain("2 operator(s)").And.Contain("test::First (2): first_a, first_b").And.Contain("test::Second (1): second_a").And.Contain("GradientTable.With").And.Contain("Freeze"));
    }

    [Test]
    public void Append_OperatorWithoutRuleOffThePath_DoesNotMatter()
    {
        var (build, x) = Start();
        build.Op("Foreign", [x], domain: "test").Type = x.Type;
        Assert.That(Backward.Append(build.Graph, Opsets, build.ReduceSumAll(x), [x]), Has.Count.EqualTo(1));
    }

    [Test]
    public void Append_LossThatIsNoScalar_IsRefused()
    {
        var (build, x) = Start();
        Assert.That(() => Backward.Append(build.Graph, Opsets, x, [x]), Throws.TypeOf<AutodiffException>().With.Message.Contains("ReduceMean"));
    }

    [TestCase(ElementType.Double)]
    [TestCase(ElementType.Float)]
    public void Append_RuleWithAWrongType_IsNamedAsABug(ElementType type)
    {
        var (build, x) = Start();
        var table = GradientTable.Default.With("", "Neg", 6, c => type == ElementType.Double ? [c.Build.Cast(c.Dy, type)] : [c.Build.Unsqueeze(c.Dy, 0)]);
        Assert.That(() => Backward.Append(build.Graph, Opsets, build.ReduceSumAll(build.Neg(x)), [x], table), Throws.TypeOf<AutodiffException>().With.Message.Contains("bug in the rule for Neg"));
    }

    /// <summary>What a program does that brings an operator of its own: a function that defines it, and a rule.</summary>
    [Test]
    public void With_OperatorOfTheUser_IsDifferentiatedAsAnyOther()
    {
        var library = FunctionLibrary.Default.With(new FusedOperator("test", "Cube")
        {
            Doc = "y = x*x*x",
            Inputs = ["x"],
            Outputs = ["y"],
            Body = (b, inputs) => [b.Mul(b.Mul(inputs[0], inputs[0]), inputs[0])],
        });
        var table = GradientTable.Default.With("test", "Cube", 1, c => [c.Build.Mul(c.Dy, c.Scaled(c.Build.Mul(c.X(0), c.X(0)), 3))]);
        var given = new GradientCase("Cube", Given.X(2, 3)) { Domain = "test" };
        Assert.That(GradientCheck.Run(given, Knowledge.Numbers, table, library), Is.LessThan(GradientCheck.Tolerance));
    }

    [Test]
    public void Check_WrongRule_IsFound()
    {
        var table = GradientTable.Default.With("", "Tanh", 6, c => [c.Dy]);
        using (new NUnit.Framework.Internal.TestExecutionContext.IsolatedContext())
        {
            Assert.That(() => GradientCheck.Run(new("Tanh", Given.X(3)), Knowledge.Numbers, table), Throws.TypeOf<AssertionException>());
        }
    }

    private static (GraphBuilder Build, Value X) Start()
    {
        var build = new GraphBuilder(new Graph(), 18);
        return (build, build.Input("x", ElementType.Float, [2, 3]));
    }
}
