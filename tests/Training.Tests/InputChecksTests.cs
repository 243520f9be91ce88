using System.Runtime.InteropServices;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Training.Tests;

public sealed class InputChecksTests
{
    [TestCase(0, float.NaN, "NaN")]
    [TestCase(17, float.PositiveInfinity, "Infinity")]
    [TestCase(36, float.NaN, "NaN")]
    public void Require_FloatThatIsNoNumber_NamesFileInputExampleAndPositionAndMasksAreTaken(int at, float value, string shown)
    {
        var values = Enumerable.Range(0, 37).Select(i => i % 3 == 0 ? float.NegativeInfinity : i % 3 == 1 ? float.MaxValue : -1).ToArray();
        var checks = Checks(ElementType.Float, [1, 37], []);
        Assert.That(() => checks.Require(0, 5, Bytes(values)), Throws.Nothing);
        values[at] = value;
        Assert.That(() => checks.Require(0, 5, Bytes(values)), Throws.TypeOf<FileFormatException>().With.Message
            .EqualTo($"data.npz: 'x', example 5, position [{at}] (counted from 0) holds {shown}; a number, or -Infinity (in a mask), was wanted."));
    }

    [Test]
    public void Require_OtherFloats_AreLookedAtToo()
    {
        Refuses(ElementType.Double, double.NegativeInfinity, double.NaN, "NaN");
        Refuses(ElementType.Float16, Half.NegativeInfinity, Half.PositiveInfinity, "Infinity");
        Refuses<ushort>(ElementType.BFloat16, 0xFF80, 0xFF81, "NaN");

        static void Refuses<T>(ElementType type, T mask, T wrong, string shown) where T : unmanaged
        {
            var checks = Checks(type, [1], []);
            Assert.That(() => checks.Require(0, 2, Bytes([mask])), Throws.Nothing);
            Assert.That(() => checks.Require(0, 2, Bytes([wrong])), Throws.TypeOf<FileFormatException>().With.Message.Contains($"example 2 (counted from 0) holds {shown}"));
        }
    }

    [TestCase(10)]
    [TestCase(-1)]
    [TestCase(long.MinValue)]
    public void Require_LabelOutOfRange_NamesValueAndRangeAndTheIgnoredOneIsTaken(long wrong)
    {
        var checks = Checks(ElementType.Int64, [2, 9], [new("x", 0, 9, -100, "the loss has 10 classes")]);
        var labels = Enumerable.Range(0, 18).Select(i => i % 4 == 0 ? -100L : i % 10).ToArray();
        Assert.That(() => checks.Require(0, 3, Bytes(labels)), Throws.Nothing);
        labels[13] = wrong;
        Assert.That(() => checks.Require(0, 3, Bytes(labels)), Throws.TypeOf<FileFormatException>().With.Message
            .EqualTo($"data.npz: 'x', example 3, position [1, 4] (counted from 0) holds {wrong}; 0 to 9 were wanted (or -100, which does not count): the loss has 10 classes."));
    }

    [Test]
    public void Require_Int32BeyondARangeOfInt64_IsTaken() =>
        Assert.That(() => Checks(ElementType.Int32, [1, 2], [new("x", 0, 1L << 40, null, "")]).Require(0, 0, Bytes([0, int.MaxValue])), Throws.Nothing);

    [Test]
    public void RangesOf_LossAndTable_AreThoseOfTheInputsThatReachThemWhole()
    {
        var graph = new Graph("g");
        var model = new Model(graph) { OpsetImports = { [""] = 17 } };
        var b = new GraphBuilder(graph, 17);
        var ids = b.Input("ids", ElementType.Int64, Shape.Of("n", 4));
        var labels = b.Input("labels", ElementType.Int64, Shape.Of("n", 4));
        var table = b.Input("table", ElementType.Float, Shape.Of(7, 3));
        var scores = b.Reshape(b.Gather(table, ids), -1, 3);
        b.Output(b.MeanCrossEntropy(scores, b.Reshape(labels, -1), -100), "loss");

        var ranges = GraphDemands.Of(model).Ranges.ToDictionary(range => range.Input);
        Assert.That(ranges.Keys, Is.EquivalentTo(new[] { "ids", "labels" }));
        Assert.That((ranges["ids"].Least, ranges["ids"].Greatest, ranges["ids"].Ignored), Is.EqualTo((-7L, 6L, (long?)null)));
        Assert.That((ranges["labels"].Least, ranges["labels"].Greatest, ranges["labels"].Ignored), Is.EqualTo((0L, 2L, (long?)-100)));
    }

    [Test]
    public void LengthsOf_PositionsCountedAndLookedUp_AreTheRowsOfTheTable()
    {
        var graph = new Graph("g");
        var model = new Model(graph) { OpsetImports = { [""] = 17 } };
        var b = new GraphBuilder(graph, 17);
        var ids = b.Input("ids", ElementType.Int64, Shape.Of("batch", "length"));
        var mask = b.Input("mask", ElementType.Int64, Shape.Of("batch", "length"));
        var (words, places) = (b.Input("words", ElementType.Float, Shape.Of(7, 3)), b.Input("places", ElementType.Float, Shape.Of(5, 3)));
        var positions = b.Range(b.Constant(Tensor.Scalar(0L)), b.Gather(b.Shape(ids), b.Constant(Tensor.Scalar(1L))), b.Constant(Tensor.Scalar(1L)));
        b.Output(b.Add(b.Gather(words, b.Mul(ids, mask)), b.Gather(places, b.Unsqueeze(positions, 0))), "sum");

        Assert.That(GraphDemands.Of(model).Lengths, Is.EqualTo(new LengthLimit[] { new("ids", 1, 5, "places"), new("mask", 1, 5, "places") }));
    }

    [TestCase(5)]
    [TestCase(6)]
    public void Open_ExamplesLongerThanTheTableOfPositions_AreRefusedBeforeTraining(int length)
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        TensorFile.Write(path, [new("ids", Tensor.From<long>(new long[2 * length], 2, length))]);
        try
        {
            Assert.That(() => new TensorExamples(path, [new("ids", ElementType.Int64, [-1, -1], ["n", "length"])], null, new GraphDemands([], [new("ids", 1, 5, "places")])), length <= 5
                ? Throws.Nothing
                : Throws.TypeOf<FileFormatException>().With.Message.StartsWith($"{path}: 'ids' is 6 long in axis 1; at most 5 was wanted, the rows of the table 'places'"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static InputChecks Checks(ElementType type, long[] dims, IReadOnlyList<IndexRange> ranges) =>
        new("data.npz", [new TensorSpec("x", type, [-1, .. dims[1..]], ["n", .. dims[1..].Select(_ => "")])], [dims], ranges);

    private static byte[] Bytes<T>(T[] values) where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();
}
