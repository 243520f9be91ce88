using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class PaddingTests
{
    private static readonly (int[] Dims, long[] Pads, long[]? Axes)[] Places =
    [
        ([4], [1, 2], null), ([4], [0, 0], null), ([4], [2, 0], null), ([4], [0, 3], [0]), ([5], [-1, 2], null), ([5], [2, -1], null), ([5], [-1, -2], null),
        ([3, 4], [0, 1, 0, 2], null), ([3, 4], [2, 1, 1, 3], null), ([3, 4], [1, 2], [1]), ([3, 4], [2, 1, 1, 2], [-1, 0]), ([3, 4], [1, -1, -1, 2], null),
        ([2, 3, 4], [1, 0, 2, 0, 2, 1], null), ([2, 3, 4], [1, 2, 2, 1], [1, -1]), ([1, 2, 3, 3], [0, 0, 1, 2, 0, 0, 2, 1], null), ([1, 2, 3, 3], [0, 0, -1, 1, 0, 0, 1, -1], null), ([1, 2, 2, 3, 2], [1, 2], [3]),
    ];

    internal static IEnumerable<GradientCase> Cases() => [.. Constants(), .. Copies()];

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [Test]
    public void Pad_CopiedAlongAxesThatAreFed_IsRefusedByName() =>
        Assert.That(() => GradientCheck.Run(new GradientCase("Pad", X(3, 4), Fixed(1L, 1L), null, Fed(1L)).With(("mode", "reflect")), Knowledge.Numbers), Throws.TypeOf<AutodiffException>().With.Message.Contains("axes").And.Message.Contains("x3"));

    /// <summary>Microsoft's runtime moves a Transpose through a Pad as if the Pad had no axes, and fails.</summary>
    [Test]
    public void Pad_Copied_GradientPadsAllAxes()
    {
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 18);
        var x = b.Input("x", ElementType.Float, [2, 3, 6]);
        var loss = b.ReduceMeanAll(b.Pad(x, b.Constant(0, 0, 2, 0, 0, 1), mode: "reflect"));
        Backward.Append(graph, new Dictionary<string, int> { [""] = 18 }, loss, [x]);
        var pads = graph.Nodes.Where(n => n.OpType == "Pad").ToList();
        Assert.That(pads, Has.Count.EqualTo(2));
        Assert.That(pads.Select(n => n.Input(3)), Is.All.Null);
    }

    private static IEnumerable<GradientCase> Constants()
    {
        foreach (var (dims, pads, axes) in Places)
        {
            var along = axes is null ? null : Fixed(axes);
            yield return new("Pad", X(dims), Fixed(pads), null, along);
            yield return new("Pad", X(dims), Fed(pads), Exactly([0.7]), axes is null ? null : Fed(axes));
            yield return new GradientCase("Pad", X(dims), Fixed(pads), Exactly([0.7]), along).With(("mode", "constant"));
        }

        yield return new("Pad", X(2, 3), Fixed(1L, 0L, 0L, 2L), FixedScalar(0.3));
        yield return new("Pad", Frozen(2, 3), Fixed(1L, 0L, 0L, 2L), Exactly([0.7], 1));
    }

    private static IEnumerable<GradientCase> Copies()
    {
        foreach (var mode in new[] { "edge", "reflect", "wrap" })
        {
            foreach (var (dims, pads, axes) in Places)
            {
                var along = axes is null ? null : Fixed(axes);
                var given = new GradientCase("Pad", X(dims), Fixed(pads), null, along) { Opset = mode == "wrap" ? 19 : 18, NeedsRanks = true }.With(("mode", mode));
                yield return given;
                yield return given with { Inputs = [X(dims), Fed(pads), null, along] };
            }
        }

        yield return new GradientCase("Pad", X(2), Fixed(3L, 4L)) { NeedsRanks = true }.With(("mode", "edge"));
    }
}
