using NUnit.Framework;
using OnnxPipeline.Reference;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class SelectionTests
{
    internal static IEnumerable<GradientCase> Cases() => [.. Gathers(), .. Scatters(), .. Tops()];

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [TestCase("ScatterElements", "mul")]
    [TestCase("ScatterND", "max")]
    public void Scatter_OtherReduction_IsRefusedByName(string op, string reduction)
    {
        var given = new GradientCase(op, X(3), Fed(new Array64(new long[] { 1 }, op == "ScatterND" ? [1, 1] : [1])), X2(1)).With(("reduction", reduction));
        Assert.That(() => GradientCheck.Run(given, Knowledge.Numbers), Throws.TypeOf<AutodiffException>().With.Message.Contains($"reduction {reduction}"));
    }

    private static IEnumerable<GradientCase> Gathers()
    {
        (int[] Dims, Array64 Indices, int Axis)[] elements =
        [
            ([5], Array64.Vector(0, 4, 4, -1), 0), ([3, 2], new(new long[] { 0, 2, 2, 2 }, 2, 2), 0), ([2, 3], new(new long[] { 1, 1, 0, -1 }, 2, 2), 1), ([2, 3], new(new long[] { 2 }, 1, 1), -1),
            ([2, 3, 2], new(new long[] { 0, 1, 1, 1, 2, 0, 0, 0 }, 2, 2, 2), 1), ([2, 3, 2], new(new long[] { 1, 0, 1 }, 1, 3, 1), -3),
        ];
        foreach (var (dims, indices, axis) in elements)
        {
            yield return new GradientCase("GatherElements", X(dims), Fed(indices)).With(("axis", axis));
            yield return new GradientCase("GatherElements", X(dims), new Given(indices, false, true)).With(("axis", axis));
        }

        yield return new("GatherElements", X(3, 2), Fed(new Array64(new long[] { 1, 1 }, 1, 2)));
        (int[] Dims, Array64 Indices, int Batch)[] points =
        [
            ([4], new(new long[] { 0, 3, 3, -1 }, 4, 1), 0), ([2, 3], new(new long[] { 1, 2, 1, 2, 0, -1 }, 3, 2), 0), ([2, 3], new(new long[] { 1, 1, 0 }, 3, 1), 0), ([2, 3], new(new long[] { 1 }, 1), 0),
            ([2, 3, 2], new(new long[] { 1, 1, 0, 2 }, 2, 1, 2), 0), ([2, 3], new(new long[] { 2, 0 }, 2, 1), 1), ([2, 3, 2], new(new long[] { 0, 2, 2, 2 }, 2, 2, 1), 1),
            ([2, 3, 2], new(new long[] { 0, 1, 0, 1, 2, 0, 1, 1 }, 2, 2, 2), 1), ([2, 2, 3], new(new long[] { 0, 1, -1, 2 }, 2, 2, 1), 2),
        ];
        foreach (var (dims, indices, batch) in points)
        {
            yield return new GradientCase("GatherND", X(dims), Fed(indices)).With(("batch_dims", batch));
            yield return new GradientCase("GatherND", X(dims), new Given(indices, false, true)).With(("batch_dims", batch));
        }

        yield return new("GatherND", X(3, 2), Fed(new Array64(new long[] { 1, 1 }, 2, 1)));
    }

    private static IEnumerable<GradientCase> Scatters()
    {
        foreach (var reduction in new[] { null, "none", "add" })
        {
            GradientCase With(GradientCase given) => reduction is null ? given : given.With(("reduction", reduction));
            (int[] Dims, Array64 Indices, int Axis)[] elements =
            [
                ([4], Array64.Vector(3, 0), 0), ([4], Array64.Vector(-1), -1), ([3, 2], new(new long[] { 0, 2, 2, 1 }, 2, 2), 0), ([2, 3], new(new long[] { 1, -1 }, 1, 2), 1), ([2, 3, 2], new(new long[] { 1, 0, 2, 2 }, 1, 2, 2), 1),
            ];
            foreach (var (dims, indices, axis) in elements)
            {
                yield return With(new GradientCase("ScatterElements", X(dims), Fed(indices), X2(indices.Dims)).With(("axis", axis)));
                yield return With(new GradientCase("ScatterElements", X(dims), new Given(indices, false, true), Frozen(indices.Dims)).With(("axis", axis)));
                yield return With(new GradientCase("ScatterElements", Frozen(dims), Fed(indices), X(indices.Dims)).With(("axis", axis)));
            }

            (int[] Dims, Array64 Indices, int[] Updates)[] points =
            [
                ([4], new(new long[] { 3, 0 }, 2, 1), [2]), ([3, 2], new(new long[] { 2, 0 }, 2, 1), [2, 2]), ([3, 2], new(new long[] { 2, 1, 0, -1 }, 2, 2), [2]), ([2, 3, 2], new(new long[] { 1, 1, 0, 2 }, 1, 2, 2), [1, 2, 2]), ([2, 2], new(new long[] { 1 }, 1), [2]),
            ];
            foreach (var (dims, indices, updates) in points)
            {
                yield return With(new GradientCase("ScatterND", X(dims), Fed(indices), X2(updates)));
                yield return With(new GradientCase("ScatterND", X(dims), new Given(indices, false, true), Frozen(updates)));
                yield return With(new GradientCase("ScatterND", Frozen(dims), Fed(indices), X(updates)));
            }
        }

        yield return new("ScatterElements", X(3), Fed(1), X2(1));
        yield return new GradientCase("ScatterElements", X(3), Fed(1, 1, 0), X2(3)).With(("reduction", "add")); // an index twice
        yield return new GradientCase("ScatterND", X(3, 2), Fed(new Array64(new long[] { 1, 1 }, 2, 1)), X2(2, 2)).With(("reduction", "add"));
    }

    private static IEnumerable<GradientCase> Tops()
    {
        foreach (var (dims, axis, k) in new (int[], int, long)[] { ([4], 0, 2), ([4], -1, 4), ([2, 3], 1, 1), ([2, 3], 0, 2), ([2, 3, 2], 1, 2), ([2, 3, 2], -3, 1) })
        {
            foreach (var largest in new[] { 0, 1 })
            {
                foreach (var sorted in new[] { 0, 1 })
                {
                    yield return new GradientCase("TopK", X(dims), Fixed(k)) { Outputs = 2 }.With(("axis", axis), ("largest", largest), ("sorted", sorted));
                    yield return new GradientCase("TopK", X(dims), Fed(k)) { Outputs = 2 }.With(("axis", axis), ("largest", largest), ("sorted", sorted));
                }
            }
        }

        yield return new("TopK", X(2, 3), Fixed(2)) { Outputs = 2 };
    }
}
