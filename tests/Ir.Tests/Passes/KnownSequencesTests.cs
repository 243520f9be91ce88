using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Passes;

public sealed class KnownSequencesTests
{
    [TestCase(2, "0 1 | 2 3 | 4")]
    [TestCase(5, "0 1 2 3 4")]
    [TestCase(7, "0 1 2 3 4")]
    public void Remove_Chunks_TheLastIsSmaller(long size, string wanted) => Same(wanted, (b, x) => b.Op("SplitToSequence", [x, b.Constant(Tensor.Scalar(size))]));

    [Test]
    public void Remove_GivenSizes_SplitsByThem() => Same("0 | 1 2 3 4", (b, x) => b.Op("SplitToSequence", [x, b.Constant(1, 4)]));

    [TestCase(0, 0)]
    [TestCase(1, 1)]
    public void Remove_SingleElements_KeepTheirAxisOrNot(int keep, int rank)
    {
        var (model, b, x) = Start();
        b.Output(b.Op("SequenceAt", [b.Op("SplitToSequence", [x], [("keepdims", keep)]), b.Constant(Tensor.Scalar(-2L))]), "y");
        var y = Removed(model);
        Assert.That((y.Rank, y.Doubles[0]), Is.EqualTo((rank, 3.0)));
    }

    [Test]
    public void Remove_AxisThatDoesNotExist_IsRefused()
    {
        var (model, b, x) = Start();
        b.Output(b.Op("SequenceAt", [b.Op("SplitToSequence", [x], [("axis", 1)]), b.Constant(Tensor.Scalar(0L))]), "y");
        Assert.That(() => KnownSequences.Remove(model), Throws.TypeOf<IrException>().With.Message.Contains("axis 1"));
    }

    [Test]
    public void Remove_SizesOfTheInputUnknown_OnlyGivenSizesAreTakenApart()
    {
        var (model, b, _) = Start();
        var open = b.Input("open", ElementType.Float, Shape.Of([Dim.Named("n")]));
        b.Output(b.Op("SequenceAt", [b.Op("SplitToSequence", [open, b.Constant(Tensor.Scalar(2L))]), b.Constant(Tensor.Scalar(0L))]), "chunk");
        b.Output(b.Op("SequenceAt", [b.Op("SplitToSequence", [open, b.Constant(2, 3)]), b.Constant(Tensor.Scalar(1L))]), "part");
        KnownSequences.Remove(model);
        DeadCode.Remove(model.Graph);
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Has.One.EqualTo("SplitToSequence").And.One.EqualTo("SequenceAt").And.One.EqualTo("Split"));
        Assert.That(model.Graph.Outputs.Select(o => o.Name), Is.EqualTo(new[] { "chunk", "part" }));
    }

    [Test]
    public void Remove_InsertAndErase_FollowsTheirPlaces() => Same("9 | 0 1 | 4", (b, x) =>
    {
        var parts = b.Op("SplitToSequence", [x, b.Constant(Tensor.Scalar(2L))]); // 0 1 | 2 3 | 4
        var more = b.Op("SequenceInsert", [parts, b.Constant(Tensor.Vector(9f)), b.Constant(Tensor.Scalar(0L))]); // 9 | 0 1 | 2 3 | 4
        more = b.Op("SequenceInsert", [more, b.Constant(Tensor.Vector(8f))]); // 9 | 0 1 | 2 3 | 4 | 8
        return b.Op("SequenceErase", [b.Op("SequenceErase", [more]), b.Constant(Tensor.Scalar(-2L))]);
    });

    [Test]
    public void Remove_Stack_UnsqueezesEach()
    {
        var (model, b, x) = Start();
        var sequence = b.Op("SequenceInsert", [b.Op("SequenceInsert", [b.Op("SequenceEmpty", []), x]), b.Neg(x)]);
        b.Output(b.Op("ConcatFromSequence", [b.Op("Identity", [sequence])], [("axis", -1), ("new_axis", 1)]), "y");
        var y = Removed(model);
        Assert.That(y.Dims, Is.EqualTo(new[] { 5, 2 }));
        Assert.That(y.Doubles, Is.EqualTo(new double[] { 0, 0, 1, -1, 2, -2, 3, -3, 4, -4 }));
    }

    [Test]
    public void Remove_Length_IsANumber()
    {
        var (model, b, x) = Start();
        b.Output(b.Op("SequenceLength", [b.Op("SequenceConstruct", [x, x, x])]), "y");
        Assert.That(Removed(model).Longs, Is.EqualTo(new[] { 3L }));
    }

    [Test]
    public void Remove_InputAsElementAndOutput_KeepsBothNames()
    {
        var (model, b, x) = Start();
        b.Output(b.Op("SequenceAt", [b.Op("SequenceConstruct", [x]), b.Constant(Tensor.Scalar(0L))]), "y");
        Assert.That(Removed(model).Doubles, Has.Length.EqualTo(5));
        Assert.That((model.Graph.Inputs[0].Name, model.Graph.Outputs[0].Name), Is.EqualTo(("x", "y")));
    }

    [Test]
    public void Remove_ElementOfASplit_HasTheNameOfWhatItWas()
    {
        var (model, b, x) = Start();
        var parts = b.Op("SplitToSequence", [x, b.Constant(2, 3)]);
        var part = b.Op("SequenceAt", [parts, b.Constant(Tensor.Scalar(1L))], name: "wanted");
        b.Output(b.Neg(part), "y");
        var name = part.Name;
        Assert.That(Removed(model).Doubles, Is.EqualTo(new double[] { -2, -3, -4 }));
        Assert.That(model.Graph.Nodes.Single(n => n.OpType == "Split").Outputs[1].Name, Is.EqualTo(name));
    }

    [Test]
    public void Remove_PlaceOutside_IsRefusedByName()
    {
        var (model, b, x) = Start();
        b.Output(b.Op("SequenceAt", [b.Op("SequenceConstruct", [x, x]), b.Constant(Tensor.Scalar(2L))], name: "late"), "y");
        Assert.That(() => KnownSequences.Remove(model), Throws.TypeOf<IrException>().With.Message.Contains("late").And.Message.Contains("2 of a sequence that has 2"));
    }

    [Test]
    public void Remove_NoSequences_ChangesNothing()
    {
        var (model, b, x) = Start();
        b.Output(b.Neg(x), "y");
        Assert.That(KnownSequences.Remove(model), Is.Zero);
    }

    /// <summary>Joins the elements of a sequence that <paramref name="make"/> makes of 0 to 4, each followed by a mark, and compares.</summary>
    private static void Same(string wanted, Func<GraphBuilder, Value, Value> make)
    {
        var (model, b, x) = Start();
        var sequence = make(b, x);
        var parts = wanted.Split(" | ");
        for (var i = 0; i < parts.Length; i++)
        {
            b.Output(b.Op("SequenceAt", [sequence, b.Constant(Tensor.Scalar((long)i))]), $"y{i}");
        }

        b.Output(b.Op("SequenceLength", [sequence]), "count");
        Assert.That(KnownSequences.Remove(model), Is.EqualTo(parts.Length + 1));
        DeadCode.Remove(model.Graph);
        var run = Interpreter.Run(model, Feeds);
        Assert.That(run["count"].Longs, Is.EqualTo(new long[] { parts.Length }));
        Assert.That(string.Join(" | ", parts.Select((_, i) => string.Join(" ", run[$"y{i}"].Doubles))), Is.EqualTo(wanted));
    }

    private static Dictionary<string, Array64> Feeds => new() { ["x"] = new(new double[] { 0, 1, 2, 3, 4 }, 5) };

    private static (Model Model, GraphBuilder Build, Value X) Start()
    {
        var model = new Model(new Graph("g"));
        model.OpsetImports.Add("", 18);
        var b = new GraphBuilder(model.Graph, 18);
        return (model, b, b.Input("x", ElementType.Float, Shape.Of(5L)));
    }

    private static Array64 Removed(Model model)
    {
        KnownSequences.Remove(model);
        DeadCode.Remove(model.Graph);
        Assert.That(model.Graph.Nodes.Select(n => n.OpType), Has.None.Contains("Sequence"));
        return Interpreter.Run(model, Feeds)["y"];
    }
}
