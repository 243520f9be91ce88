using NUnit.Framework;
using OnnxPipeline.Files;
using static OnnxPipeline.Ir.Tests.Inference.Inferred;

namespace OnnxPipeline.Ir.Tests.Inference;

/// <summary>Nodes that no exporter writes are refused by name, not by what an array says of its index.</summary>
public sealed class MalformedNodesTests
{
    private static readonly TestCaseData[] Nodes =
    [
        Case("AveragePool", [S(1, 1, 8, 8)]).SetArgDisplayNames("no kernel_shape"),
        Case("Conv", [S(1, 1, 8, 8), S(1, 1, 3, 3)], ("strides", new long[] { 1 })).SetArgDisplayNames("one stride for two axes"),
        Case("Conv", [S(1, 1, 8, 8), S(1, 1, 3, 3)], ("pads", new long[] { 1, 1 })).SetArgDisplayNames("two pads for four sides"),
        Case("Conv", [S(1, 1, 8, 8), S(1, 1, 30, 30)]).SetArgDisplayNames("a window larger than the data"),
        Case("AveragePool", [S(1, 1, 8)], ("kernel_shape", new long[] { -3 }), ("auto_pad", "SAME_UPPER")).SetArgDisplayNames("a window of less than nothing"),
        Case("MaxPool", [S(1, 1, 8)], ("kernel_shape", new long[] { 2 }), ("strides", new long[] { 0 })).SetArgDisplayNames("a window that does not move"),
        Case("ConvTranspose", [S(1, 1, 8), S(1, 1, 3, 3)]).SetArgDisplayNames("ranks that differ"),
        Case("ConvTranspose", [S(1, 1, 8, 8), S(1, 1, 3, 3)], ("output_shape", new long[] { 9 })).SetArgDisplayNames("one output size for two axes"),
        Case("Pad", [S(2, 3), Tensor.Vector(0L, -5L, 0L, 0L)]).SetArgDisplayNames("a negative size"),
        Case("Slice", [S(2, 3), Tensor.Vector(0L, 0L), Tensor.Vector(1L), Tensor.Vector(0L, 1L)]).SetArgDisplayNames("fewer ends than starts"),
        Case("Transpose", [S(2, 3)], ("perm", new long[] { 1, 1 })).SetArgDisplayNames("an axis twice"),
        Case("Squeeze", [S(2), Integer(3)]).SetArgDisplayNames("more axes than there are"),
        Case("ReduceSum", [S(2), Tensor.Vector(0f)]).SetArgDisplayNames("axes that are no whole numbers"),
        Case("Split", [S(2), Tensor.Vector(long.MaxValue, long.MaxValue)]).SetArgDisplayNames("parts beyond all numbers"),
        Case("Gather", [S(5), Tensor.Vector(0f)]).SetArgDisplayNames("places that are no whole numbers"),
        Case("Gather", [S(2, 5), Tensor.Vector(0L, 5L)], ("axis", 1)).SetArgDisplayNames("a place beyond the end"),
        Case("Gather", [S(2, 5), Tensor.Vector(-6L)], ("axis", 1)).SetArgDisplayNames("a place before the start"),
        Case("Slice", [S(5), Tensor.Vector(0f), Tensor.Vector(1L)]).SetArgDisplayNames("a start that is no whole number"),
        Case("Expand", [S(1), Tensor.Vector(-3L)]).SetArgDisplayNames("expanded to less than nothing"),
    ];

    [TestCaseSource(nameof(Nodes))]
    public void Infer_NodeThatCannotBe_IsRefusedByName(string op, object[] inputs, (string, AttributeValue)[] attributes) =>
        Assert.That(() => All(op, op == "Split" ? 2 : 1, inputs, attributes), Throws.TypeOf<IrException>().With.Message.Contains(op));

    [Test]
    public void Infer_PlacesOfAnotherType_NamesNodeAndTensor()
    {
        var build = new GraphBuilder(new Graph(), 18);
        var (x, places) = (build.Input("x", ElementType.Float, [5]), build.Input("places", ElementType.Float, [2]));
        Assert.That(() => build.Op("Gather", [x, places], name: "pick"), Throws.TypeOf<IrException>().With.Message.Contains("'pick'").And.Message.Contains("'places'").And.Message.Contains("Float"));
    }

    [Test]
    public void Count_BeyondAllNumbers_IsUnknown()
    {
        Assert.That(S(1L << 40, 1L << 40).Count, Is.Null);
        Assert.That(S(1L << 40, 1L << 40, 0).Count, Is.Zero);
    }

    private static TestCaseData Case(string op, object[] inputs, params (string, AttributeValue)[] attributes) => new(op, inputs, attributes);
}
