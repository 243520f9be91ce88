using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>Pad: what lies inside keeps its gradient; what was put around it has that of where it was taken from.</summary>
internal static class Padding
{
    public static IReadOnlyList<Value?> Pad(GradientContext c) => c.Node.Text("mode", "constant") == "constant" ? Constant(c) : [Copied(c), null, null, null];

    // dX = dY with pads taken away again (and zeros where they cut), dvalue = Σ dY over the pads
    private static Value?[] Constant(GradientContext c)
    {
        var (b, pads, axes) = (c.Build, c.X(1), c.Node.Input(3));
        Value? dx = null, dvalue = null;
        if (c.Needs(0))
        {
            var back = pads.ConstantData is { } data ? b.Constant(Array.ConvertAll(data.As<long>().ToArray(), p => -p)) : b.Op("Neg", [pads]);
            dx = b.Pad(c.Dy, back, axes: axes);
        }

        if (c.Needs(2))
        {
            var around = b.Pad(c.ZerosLike(c.X(0)), pads, b.ConstantLike(c.X(0), 1), axes);
            dvalue = c.ReshapeLike(b.ReduceSumAll(b.Mul(c.Dy, around)), c.X(2));
        }

        return [dx, null, dvalue, null];
    }

    // edge, reflect, wrap: axis by axis
    private static Value Copied(GradientContext c)
    {
        var (x, rank) = (c.X(0), Windows.Known(c, c.X(0)).Rank);
        int[] axes = [.. Enumerable.Range(0, rank)];
        if (c.Node.Input(3) is { } given)
        {
            var data = given.ConstantData ?? throw new AutodiffException($"{c.Node.Describe()}: the gradient needs to know the axes that are padded. Make '{given.Name}' a constant.");
            axes = [.. Movement.Integers(data).Select(a => (int)(a < 0 ? a + rank : a))];
        }

        var pads = c.X(1).ConstantData is { } known ? known.As<long>().ToArray() : null;
        var dx = c.Dy;
        foreach (var place in Enumerable.Range(0, axes.Length).OrderByDescending(i => axes[i]))
        {
            var (axis, before, after) = (axes[place], pads?[place] ?? -1, pads?[place + axes.Length] ?? -1);
            var size = x.Shape![axis];
            dx = (before, after) == (0, 0) ? dx
                : before >= 0 && after >= 0 && !(size.IsKnown && Math.Max(before, after) >= size.Value) ? Folded(c, dx, axis, before, after)
                : AxisMaps.Back(c, dx, x, axis, side => OfIdentity(c, axis, side, place, place + axes.Length));
        }

        return dx;
    }

    /// <summary>Both borders cut off and added to where they were copied from.</summary>
    private static Value Folded(GradientContext c, Value dy, int axis, long before, long after)
    {
        var (b, x, along) = (c.Build, c.X(0), c.Build.Constant(axis));
        var rank = x.Shape!.Rank; // pads of all axes: Microsoft's runtime moves a Transpose through a Pad as if it had no axes
        var inside = b.Pad(dy, b.Constant([.. Enumerable.Range(0, 2 * rank).Select(i => i == axis ? -before : i == axis + rank ? -after : 0)]));
        List<Value> borders = [];
        if (before > 0)
        {
            borders.Add(b.Slice(dy, b.Constant(0), b.Constant(before), along));
        }

        if (after > 0)
        {
            borders.Add(b.Slice(dy, b.Constant(-after), b.Constant(long.MaxValue), along));
        }

        // A negative place counts from the end, so that sizes need not be known.
        Func<long, long> place = c.Node.Text("mode", "") switch
        {
            "edge" => i => i < 0 ? 0 : -1,
            "reflect" => i => i < 0 ? -i : -2 - i,
            "wrap" => i => i,
            var other => throw new AutodiffException($"{c.Node.Describe()}: unknown mode {other}; ONNX has constant, edge, reflect and wrap."),
        };
        long[] places = [.. Enumerable.Range(0, (int)before).Select(i => place(i - before)), .. Enumerable.Range(0, (int)after).Select(i => place(i))];
        var border = borders.Count == 1 ? borders[0] : b.Concat(axis, [.. borders]); // […, before + after, …]
        var values = b.Concat(0, b.Unsqueeze(b.ConstantLike(x, 0), 0), b.Unsqueeze(b.ConstantLike(x, 1), 0));
        var back = AxisMaps.Back(c, border, x, axis, side => b.OneHot(b.Constant(places), AxisMaps.Size(c, x, axis), values, side == 0 ? -1 : 0));
        return b.Add(inside, back);
    }

    /// <summary>Pad along axis <paramref name="side"/> of an identity matrix.</summary>
    private static Value OfIdentity(GradientContext c, int axis, int side, int before, int after)
    {
        var b = c.Build;
        Value Part(int index) => b.Slice(c.X(1), b.Constant(index), b.Constant(index + 1), b.Constant(0));
        return b.Pad(AxisMaps.Identity(c, c.X(0), axis), b.Concat(0, Part(before), Part(after)), axes: b.Constant(side), mode: c.Node.Text("mode", ""));
    }
}
