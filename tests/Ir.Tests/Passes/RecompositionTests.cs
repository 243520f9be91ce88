using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Passes;

/// <summary>What exporters spell out becomes one operator with the same result; what only looks like it stays.</summary>
public sealed class RecompositionTests
{
    private static readonly Array64 X = new(Enumerable.Range(0, 24).Select(i => Math.Sin(i * 1.7) * 2).ToArray(), 2, 3, 4);

    private static IEnumerable<TestCaseData> Spelled()
    {
        yield return Case("LayerNormalization", 18, (b, x) => Normalized(b, x, [-1], Vector(b, 4), Vector(b, 4))).SetArgDisplayNames("LayerNormalization, Pow and Div");
        yield return Case("LayerNormalization", 18, (b, x) => Normalized(b, x, [1, 2], b.Initializer("scale", Numbers(3, 4)), b.Initializer("bias", Numbers(3, 4)))).SetArgDisplayNames("LayerNormalization of two axes");
        yield return Case("LayerNormalization", 18, (b, x) =>
        {
            var centered = b.Sub(x, b.ReduceMean(x, [2]));
            var inverse = b.Reciprocal(b.Sqrt(b.Add(b.Constant(1e-3f), b.ReduceMean(b.Mul(centered, centered), [2]))));
            return b.Add(Vector(b, 4), b.Mul(Vector(b, 4), b.Mul(centered, inverse)));
        }).SetArgDisplayNames("LayerNormalization, Mul and Reciprocal");
        yield return Case("Gelu", 18, (b, x) => b.Mul(b.Mul(x, Bell(b, b.Div(x, b.Constant(1.41421354f)))), b.Constant(0.5f))).SetArgDisplayNames("Gelu, half at the end");
        yield return Case("Gelu", 20, (b, x) => b.Mul(b.Mul(b.Constant(0.5f), x), Bell(b, b.Mul(x, b.Constant(0.70710677f))))).SetArgDisplayNames("Gelu, half at the beginning");
        yield return Case("Gelu", 18, (b, x) => b.Mul(x, b.Mul(Bell(b, b.Div(x, b.Constant(1.41421354f))), b.Constant(0.5f)))).SetArgDisplayNames("Gelu, half between");
        yield return Case("FastGelu", 18, (b, x) => b.Mul(b.Mul(x, b.Constant(0.5f)), Tanh(b, x, b.Pow(x, b.Constant(3f))))).SetArgDisplayNames("FastGelu, Pow");
        yield return Case("Gelu", 20, (b, x) => b.Mul(b.Mul(x, b.Constant(0.5f)), Tanh(b, x, b.Mul(x, b.Mul(x, x))))).SetArgDisplayNames("Gelu by tanh, Mul");
    }

    [TestCaseSource(nameof(Spelled))]
    public void Apply_SpelledOut_IsOneOperator(string op, int opset, Func<GraphBuilder, Value, Value> make)
    {
        var (plain, fused) = (Model(opset, make), Model(opset, make));
        Assert.That(Recomposition.Apply(fused.Graph, opset), Is.EqualTo(1));
        DeadCode.Remove(fused.Graph);
        ModelVerifier.Check(fused);
        Assert.That(fused.Graph.Nodes.Where(n => n.OpType != "Constant").Select(n => n.OpType), Is.EqualTo(new[] { op, "Neg" }));
        Assert.That(Run(fused), Is.EqualTo(Run(plain)).Within(1e-6));
    }

    [Test]
    public void Apply_PartThatIsAnOutput_StaysSpelledOut()
    {
        var model = Model(18, (b, x) => Normalized(b, x, [-1], Vector(b, 4), Vector(b, 4)));
        model.Graph.Outputs.Add(model.Graph.Nodes.Single(n => n.OpType == "Sqrt").Outputs[0]);
        Assert.That(Recomposition.Apply(model.Graph, 18), Is.Zero);
    }

    private static IEnumerable<TestCaseData> Others()
    {
        yield return Other("mean over an axis in the middle", (b, x) => Normalized(b, x, [1], Vector(b, 4), Vector(b, 4)));
        yield return Other("scale by rows", (b, x) => Normalized(b, x, [-1], b.Initializer("scale", Numbers(3, 1)), Vector(b, 4)));
        yield return Other("erf of something else", (b, x) => b.Mul(b.Mul(x, Bell(b, b.Div(x, b.Constant(1.5f)))), b.Constant(0.5f)));
        yield return Other("tanh of a square", (b, x) => b.Mul(b.Mul(x, b.Constant(0.5f)), Tanh(b, x, b.Pow(x, b.Constant(2f)))));
        yield return Other("a quarter", (b, x) => b.Mul(b.Mul(x, Bell(b, b.Div(x, b.Constant(1.41421354f)))), b.Constant(0.25f)));
    }

    [TestCaseSource(nameof(Others))]
    public void Apply_OtherFormula_StaysWhatItIs(Func<GraphBuilder, Value, Value> make) => Assert.That(Recomposition.Apply(Model(18, make).Graph, 18), Is.Zero);

    private static TestCaseData Other(string name, Func<GraphBuilder, Value, Value> make) => new TestCaseData(make).SetArgDisplayNames(name);

    private static TestCaseData Case(string op, int opset, Func<GraphBuilder, Value, Value> make) => new(op, opset, make);

    private static Value Normalized(GraphBuilder b, Value x, long[] axes, Value scale, Value bias)
    {
        var centered = b.Sub(x, b.ReduceMean(x, axes));
        var variance = b.ReduceMean(b.Pow(centered, b.Constant(2f)), axes);
        return b.Add(b.Mul(b.Div(centered, b.Sqrt(b.Add(variance, b.Constant(1e-3f)))), scale), bias);
    }

    private static Value Bell(GraphBuilder b, Value x) => b.Add(b.Erf(x), b.Constant(1f));

    private static Value Tanh(GraphBuilder b, Value x, Value cube) =>
        b.Add(b.Constant(1f), b.Tanh(b.Mul(b.Constant(0.7978845608f), b.Add(x, b.Mul(b.Constant(0.044715f), cube)))));

    private static Value Vector(GraphBuilder b, int length) => b.Initializer($"v{b.Graph.Initializers.Count}", Numbers(length));

    private static Tensor Numbers(params long[] dims) => Tensor.From<float>([.. Enumerable.Range(0, (int)dims.Aggregate(1L, (n, d) => n * d)).Select(i => 1 + (i * 0.1f))], dims);

    private static Model Model(int opset, Func<GraphBuilder, Value, Value> make)
    {
        var build = new GraphBuilder(new Graph("g"), opset);
        build.Output(build.Neg(make(build, build.Input("x", ElementType.Float, [2, 3, 4]))), "y");
        var model = new Model(build.Graph);
        model.OpsetImports.Add("", opset);
        model.OpsetImports.Add("com.microsoft", 1);
        return model;
    }

    private static double[] Run(Model model) => Interpreter.Run(model, new Dictionary<string, Array64> { ["x"] = X })["y"].Doubles;
}
