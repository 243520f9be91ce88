using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.Tests.StepGraph.Fusions;

public sealed class GatherGradAddTests
{
    private const int Rows = 9, Width = 33, Count = 40;

    [Test]
    public void Rewrite_SumWithAnotherGradient_IsOneNode([Values] bool first)
    {
        var rewritten = Rewritten.Of(b => Write(b, rows => b.Relu(b.Input("other", ElementType.Float, [Rows, Width])), first));

        Assert.That(rewritten.Operators, Is.EquivalentTo(new[] { "Relu", "GatherGradAdd" }));
        rewritten.AssertSameOutputs(1e-5, Inputs());
    }

    [Test]
    public void Rewrite_TheInputItself_IsNotWrittenOver()
    {
        var rewritten = Rewritten.Of(b => Write(b, rows => b.Input("other", ElementType.Float, [Rows, Width]), true));

        rewritten.AssertSameOutputs(1e-5, Inputs());
        rewritten.AssertSameOutputs(1e-5, Inputs());
    }

    [Test]
    public void Rewrite_ResultUsedTwice_IsDeclined()
    {
        var rewritten = Rewritten.Of(b => Write(b, b.Relu, true));

        Assert.That(rewritten.Operators, Does.Contain("GatherGrad"));
        Assert.That(rewritten.Declined, Has.One.Contains("GatherGradAdd").And.Contains("one sum of two"));
    }

    [Test]
    public void Rewrite_Broadcast_IsDeclined()
    {
        var rewritten = Rewritten.Of(b => Write(b, rows => b.Input("other", ElementType.Float, [1, Width]), true));

        Assert.That(rewritten.Operators, Does.Contain("GatherGrad"));
        Assert.That(rewritten.Declined, Has.One.Contains("GatherGradAdd").And.Contains("shape"));
    }

    private static void Write(GraphBuilder b, Func<Value, Value> other, bool first)
    {
        var indices = b.Input("indices", ElementType.Int64, [Count]);
        var dY = b.Input("dY", ElementType.Float, [Count, Width]);
        var rows = b.Op("GatherGrad", [b.Constant(Rows, Width), indices, dY], domain: "com.microsoft");
        rows.Type = new TensorType(ElementType.Float, [Rows, Width]);
        var added = other(rows);
        b.Output(first ? b.Add(rows, added) : b.Op("Sum", [added, rows]), "dX");
    }

    private static Tensor[] Inputs() =>
        [Tensor.Vector<long>([.. Enumerable.Range(0, Count).Select(i => (i * 7L % Rows) - (i % 2 * Rows))]), Rewritten.Numbers(1, Count, Width), Rewritten.Numbers(2, Rows, Width)];
}
