using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts.Tests;

public sealed class TiesTests
{
    private static readonly Dictionary<string, int> Opsets = new() { [""] = 18 };

    /// <summary>A table [5, 3] and a head [3, 5] on what it gives, and a matrix [5, 5] behind.</summary>
    private static (Graph Graph, Value Output) Model(Tensor table, Tensor head, Tensor? last = null)
    {
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 18);
        var rows = b.Gather(b.Initializer("table", table), b.Input("ids", ElementType.Int64, ["n"]));
        var y = b.MatMul(rows, b.Initializer("head", head));
        y = last is null ? y : b.MatMul(y, b.Initializer("last", last));
        b.Output(y, "y");
        return (graph, y);
    }

    private static IReadOnlyList<WeightCandidate> Resolve((Graph Graph, Value Output) model, bool retie = true) =>
        Weights.Resolve(model.Graph, Opsets, [model.Output], null, retie);

    private static Tensor Random(int seed, params long[] dims) => Mlp.Random(seed, dims);

    private static Tensor Transposed(Tensor x)
    {
        var values = x.As<float>().ToArray();
        var (rows, columns) = ((int)x.Dims[0], (int)x.Dims[1]);
        return Tensor.From<float>([.. Enumerable.Range(0, values.Length).Select(i => values[(i % rows * columns) + (i / rows)])], columns, rows);
    }

    [Test]
    public void Resolve_TransposedCopy_BecomesATransposeOfTheFirst()
    {
        var table = Random(1, 5, 3);
        var model = Model(table, Transposed(table));
        var parameter = Resolve(model).Single();
        Assert.That((parameter.Name, parameter.Ties), Is.EqualTo(("table", new[] { "head" })));
        Assert.That(parameter.Note, Does.Contain("table stands for head"));
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Transpose", "Gather", "MatMul" }));
        Assert.That(model.Graph.Initializers.Select(v => v.Name), Is.EqualTo(new[] { "table" }));
    }

    [Test]
    public void Resolve_CopyWithAnAxisOfOneMore_BecomesAReshapeOfTheFirst()
    {
        var table = Random(1, 5, 3);
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 18);
        var rows = b.Gather(b.Initializer("table", table), b.Input("ids", ElementType.Int64, ["n"])); // [n, 3]
        var y = b.Add(b.Unsqueeze(rows, 1), b.Initializer("folded", Tensor.From<float>(table.As<float>(), 1, 5, 3))); // [n, 5, 3]
        b.Output(y, "y");
        var parameter = Resolve((graph, y)).Single();
        Assert.That((parameter.Name, parameter.Ties), Is.EqualTo(("table", new[] { "folded" })));
        Assert.That(graph.Nodes.Single(n => n.OpType == "Add").Inputs[1]!.Producer, Is.Not.Null.And.Property(nameof(Node.OpType)).EqualTo("Reshape"));
    }

    [Test]
    public void Resolve_TiedWeightThatIsAnOutputToo_IsCopiedForIt()
    {
        var square = Random(2, 5, 5);
        var model = Model(square, square);
        model.Graph.Outputs.Add(model.Graph.Initializers[1]);
        Assert.That(Resolve(model).Single().Ties, Is.EqualTo(new[] { "head" }));
        Assert.That(model.Graph.Outputs.Select(v => (v.Name, v.Producer!.OpType)), Is.EqualTo(new[] { ("y", "MatMul"), ("head", "Identity") }));
    }

    [Test]
    public void Resolve_LargeTransposedCopy_IsFound()
    {
        var table = Random(1, 67, 45);
        Assert.That(Resolve(Model(table, Transposed(table))), Has.Count.EqualTo(1));
    }

    [Test]
    public void Resolve_OneNumberOther_IsNoTie()
    {
        var table = Random(1, 5, 3);
        var values = Transposed(table).As<float>().ToArray();
        values[7] = MathF.BitIncrement(values[7]);
        Assert.That(Resolve(Model(table, Tensor.From<float>(values, 3, 5))), Has.Count.EqualTo(2));
        (values[0], values[7]) = (Transposed(table).As<float>()[7], values[0]);
        Assert.That(Resolve(Model(table, Tensor.From<float>(values, 3, 5))), Has.Count.EqualTo(2));
    }

    [Test]
    public void Resolve_SameNumbersInAnotherOrder_AreNoTie()
    {
        var table = Random(1, 5, 3);
        var swapped = Transposed(table).As<float>().ToArray();
        (swapped[2], swapped[3]) = (swapped[3], swapped[2]);
        Assert.That(Resolve(Model(table, Tensor.From<float>(swapped, 3, 5))), Has.Count.EqualTo(2));
    }

    [Test]
    public void Resolve_IdenticalSquares_AreOneAndItsTransposeIsToo()
    {
        var square = Random(2, 5, 5);
        var model = Model(Random(1, 4, 5), square, Transposed(square));
        Assert.That(Resolve(model).Select(c => $"{c.Name} {string.Join(",", c.Ties)}"), Is.EqualTo(new[] { "table ", "head last" }));
        model = Model(square, square, square);
        Assert.That(Resolve(model).Select(c => $"{c.Name} {string.Join(",", c.Ties)}"), Is.EqualTo(new[] { "table head,last" }));
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Has.None.EqualTo("Transpose"));
    }

    [Test]
    public void Resolve_AllEqualElements_AreNoTie() =>
        Assert.That(Resolve(Model(Tensor.From<float>(new float[25], 5, 5), Tensor.From<float>(new float[25], 5, 5))), Has.Count.EqualTo(2));

    [Test]
    public void Resolve_WithoutRetie_KeepsThem()
    {
        var square = Random(2, 5, 5);
        Assert.That(Resolve(Model(square, square), retie: false), Has.Count.EqualTo(2));
    }

    [Test]
    public void Resolve_BiasBehindSeveralIdentities_IsOnePerIdentity()
    {
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 18);
        var bias = b.Initializer("bias", Tensor.From<float>(new float[4], 4));
        var x = b.Input("x", ElementType.Float, ["n", 4]);
        var (one, two) = (b.Identity(bias), b.Identity(bias));
        (one.Name, two.Name) = ("first", "second");
        var y = b.Add(b.Relu(b.Add(b.Add(x, one), two)), bias);
        b.Output(y, "y");
        var found = Resolve((graph, y));
        Assert.That(found.Select(c => $"{c.Name} {c.Verdict} {c.Origin}"), Is.EqualTo(new[] { "first Weight bias", "second Weight bias", "bias Weight " }));
        Assert.That(graph.Nodes.Select(n => n.OpType), Has.None.EqualTo("Identity"));
    }

    [Test]
    public void Resolve_BiasUsedBesideItsOnlyIdentity_IsTwo()
    {
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 18);
        var bias = b.Initializer("bias", Tensor.From<float>(new float[4], 4));
        var copy = b.Identity(bias);
        copy.Name = "second";
        var y = b.Add(b.Relu(b.Add(b.Input("x", ElementType.Float, ["n", 4]), bias)), copy);
        b.Output(y, "y");
        Assert.That(Resolve((graph, y)).Select(c => $"{c.Name} {c.Verdict} {c.Origin}"), Is.EqualTo(new[] { "second Weight bias", "bias Weight " }));
    }

    [Test]
    public void Resolve_BiasBehindOneIdentity_KeepsItsName()
    {
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 18);
        var y = b.Add(b.Input("x", ElementType.Float, ["n", 4]), b.Identity(b.Initializer("bias", Random(1, 4))));
        b.Output(y, "y");
        Assert.That(Resolve((graph, y)).Select(c => c.Name), Is.EqualTo(new[] { "bias" }));
    }

    [Test]
    public void Choose_PatternOfATiedName_ChoosesTheParameter()
    {
        var table = Random(1, 5, 3);
        var candidates = Resolve(Model(table, Transposed(table), Random(3, 5, 2)));
        var chosen = ParameterChoice.Choose(candidates, ["head"], [], null);
        Assert.That(chosen.Select(c => $"{c.Candidate.Name} {c.Trainable}"), Is.EqualTo(new[] { "table True", "last False" }));
        Assert.That(() => ParameterChoice.Choose(candidates, ["head"], ["table"], null), Throws.InstanceOf<NamePatternException>().With.Message.Contains("'table'"));
    }
}
