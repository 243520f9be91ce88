using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.Tests.StepGraph.Fusions;

public sealed class ResidualNormTests
{
    private const int Rows = 70, Width = 33;

    [Test]
    public void AddLayerNormalization_SumUsedFurther_IsOneNode([Values] bool first)
    {
        var rewritten = Rewritten.Of(b =>
        {
            var (x, branch) = (Input(b, "x"), b.Relu(Input(b, "branch")));
            var sum = first ? b.Add(x, branch) : b.Add(branch, x);
            b.Output(Norm(b, sum), "y");
            b.Output(b.Neg(sum), "further");
        });

        Assert.That(rewritten.Operators, Is.EquivalentTo(new[] { "Relu", "AddLayerNormalization", "Neg" }));
        rewritten.AssertSameOutputs(1e-5, [Rewritten.Numbers(1, Rows, Width), Rewritten.Numbers(2, Rows, Width), .. Weights()]);
    }

    [Test]
    public void AddLayerNormalization_Broadcast_IsDeclined()
    {
        var rewritten = Rewritten.Of(b => b.Output(Norm(b, b.Add(Input(b, "x"), b.Input("row", ElementType.Float, [Width]))), "y"));

        Assert.That(rewritten.Operators, Does.Contain("Add").And.Contain("LayerNormalization"));
        Assert.That(rewritten.Declined, Has.One.Contains("of one shape"));
    }

    [Test]
    public void AddLayerNormalization_ScaleFollowsFromTheSum_IsDeclined()
    {
        var rewritten = Rewritten.Of(b =>
        {
            var sum = b.Add(Input(b, "x"), Input(b, "branch"));
            b.Output(b.LayerNormalization(sum, b.Op("ReduceMax", [sum, b.Constant(0L)], [("keepdims", 0)]), b.Input("bias", ElementType.Float, [Width]), -1, 1e-5f), "y");
        });

        Assert.That(rewritten.Operators, Does.Contain("LayerNormalization"));
        Assert.That(rewritten.Declined, Has.One.Contains("follows from the sum"));
    }

    [Test]
    public void LayerNormalizationGradAdd_GradientPastTheNorm_IsOneNodeBehindIt([Values("Add", "Sum")] string op)
    {
        var rewritten = Rewritten.Of(b =>
        {
            var gradients = Gradients(b);
            b.Output(b.Op(op, [gradients[0], b.Relu(Input(b, "past"))]), "dX");
            b.Output(gradients[1], "dScale");
            b.Output(gradients[2], "dBias");
        });

        Assert.That(rewritten.Operators, Is.EqualTo(new[] { "Relu", "LayerNormalizationGradAdd" }));
        rewritten.AssertSameOutputs(1e-4, Rewritten.Numbers(1, Rows, Width), Rewritten.Numbers(2, Rows, Width), Rewritten.Numbers(3, Width),
            Rewritten.Numbers(4, Rows, 1), Rewritten.Numbers(5, Rows, 1), Rewritten.Numbers(6, Rows, Width));
    }

    [Test]
    public void LayerNormalizationGradAdd_OtherFollowsFromIt_IsDeclined()
    {
        var rewritten = Rewritten.Of(b =>
        {
            var gradients = Gradients(b);
            b.Output(b.Add(gradients[0], b.Mul(Input(b, "past"), gradients[1])), "dX");
            b.Output(gradients[2], "dBias");
        });

        Assert.That(rewritten.Operators, Does.Contain("LayerNormalizationGrad"));
        Assert.That(rewritten.Declined, Has.One.Contains("follows from this one"));
    }

    private static IReadOnlyList<Value> Gradients(GraphBuilder b)
    {
        var (dY, x) = (Input(b, "dY"), Input(b, "x"));
        var scale = b.Input("scale", ElementType.Float, [Width]);
        var (mean, inverse) = (b.Input("mean", ElementType.Float, [Rows, 1]), b.Input("inverse", ElementType.Float, [Rows, 1]));
        var node = b.Ops("LayerNormalizationGrad", [dY, x, scale, mean, inverse], 3, [("axis", -1)], "com.microsoft");
        (node.Outputs[0].Type, node.Outputs[1].Type, node.Outputs[2].Type) = (x.Type, scale.Type, scale.Type);
        return node.Outputs;
    }

    private static Value Input(GraphBuilder b, string name) => b.Input(name, ElementType.Float, [Rows, Width]);

    private static Value Norm(GraphBuilder b, Value x) =>
        b.LayerNormalization(x, b.Input("scale", ElementType.Float, [Width]), b.Input("bias", ElementType.Float, [Width]), -1, 1e-5f);

    private static Tensor[] Weights() => [Rewritten.Numbers(3, Width), Rewritten.Numbers(4, Width)];
}
