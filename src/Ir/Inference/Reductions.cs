using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Inference;

internal static class Reductions
{
    // Axes are an attribute or, in newer opsets, an input; none: all, or with noop_with_empty_axes none at all.
    public static void Reduce(InferenceContext c)
    {
        var keep = c.Node.Int("keepdims", 1) != 0;
        if (c.Shape(0) is not { } shape)
        {
            c.Output(0, c.Element(0), !keep && c.Node.Ints("axes") is null && !c.Has(1) && c.Node.Int("noop_with_empty_axes", 0) == 0 ? Ir.Shape.Scalar : null);
            return;
        }

        var given = c.Ints("axes", 1);
        if (given is null && c.Has(1))
        {
            var unknown = keep ? shape.Rank : c.Length(1) is > 0 and { } n ? shape.Rank - n : -1;
            c.Output(0, c.Element(0), unknown < 0 ? null : Ir.Shape.Of(new Dim[unknown]));
            return;
        }

        if (given is null or [] && c.Node.Int("noop_with_empty_axes", 0) != 0)
        {
            c.Output(0, c.Element(0), shape);
            return;
        }

        var axes = given is null or [] ? Enumerable.Range(0, shape.Rank).ToHashSet() : given.Select(a => c.Axis(a, shape.Rank)).ToHashSet();
        c.Output(0, c.Element(0), Dropped(shape, axes, keep));
    }

    public static void ArgBest(InferenceContext c) => c.Output(0, ElementType.Int64,
        c.Shape(0) is { } shape ? Dropped(shape, [c.Axis(c.Node.Int("axis", 0), shape.Rank)], c.Node.Int("keepdims", 1) != 0) : null);

    public static void TopK(InferenceContext c)
    {
        Shape? shape = null;
        if (c.Shape(0) is { } x)
        {
            var k = c.Node.Attributes.ContainsKey("k") ? c.Node.Int("k", 0) : c.Elements(1) is [var element] ? element : Dim.Unknown;
            shape = x.With(c.Axis(c.Node.Int("axis", -1), x.Rank), k);
        }

        c.Output(0, c.Element(0), shape);
        c.Output(1, ElementType.Int64, c.Node.Outputs[0].Shape);
    }

    private static Shape Dropped(Shape shape, HashSet<int> axes, bool keep) =>
        Ir.Shape.Of([.. shape.Select((d, i) => (Dim: d, Index: i)).Where(p => keep || !axes.Contains(p.Index)).Select(p => axes.Contains(p.Index) ? 1 : p.Dim)]);
}
