using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Tests.Passes;

public sealed class PaddedAveragesTests
{
    /// <summary>What the pool of a graph says of counting padding.</summary>
    private static long Counted(bool padded, params (string, AttributeValue)[] attributes)
    {
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 18);
        var x = b.Input("x", ElementType.Float, ["n", 3, 6, 6]);
        b.Output(b.Op("AveragePool", [padded ? b.Pad(x, b.Constant(0, 0, 1, 1, 0, 0, 1, 1)) : x], [("kernel_shape", (long[])[3, 3]), .. attributes]), "y");
        PaddedAverages.Count(graph);
        return graph.Nodes.Last().Int("count_include_pad", 0);
    }

    [Test]
    public void Count_PoolOverAPad_CountsPadding()
    {
        Assert.That(Counted(true), Is.EqualTo(1));
        Assert.That(Counted(true, ("pads", (long[])[0, 0, 0, 0]), ("strides", (long[])[2, 2])), Is.EqualTo(1));
    }

    [Test]
    public void Count_WhereThatWouldChangeTheResult_Leaves()
    {
        Assert.That(Counted(false), Is.Zero);
        Assert.That(Counted(true, ("pads", (long[])[1, 0, 0, 0])), Is.Zero);
        Assert.That(Counted(true, ("auto_pad", "SAME_UPPER")), Is.Zero);
        Assert.That(Counted(true, ("ceil_mode", 1L)), Is.Zero);
    }
}
