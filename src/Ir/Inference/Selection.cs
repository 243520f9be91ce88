using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Inference;

/// <summary>Operators that take elements out by index, or put some in.</summary>
internal static class Selection
{
    public static void Slice(InferenceContext c)
    {
        if (c.Shape(0) is not { } x)
        {
            c.Output(0, c.Element(0), null);
            return;
        }

        var starts = c.Node.Ints("starts") is { } oldStarts ? [.. oldStarts.Select(Dim.Of)] : c.Elements(1);
        var ends = c.Node.Ints("ends") is { } oldEnds ? [.. oldEnds.Select(Dim.Of)] : c.Elements(2);
        var steps = c.Has(4) ? c.Elements(4) : null;
        var count = starts?.Length ?? ends?.Length ?? c.Length(1) ?? c.Length(2) ?? x.Rank;
        var axes = c.Ints("axes", 3) ?? (c.Has(3) ? null : [.. Enumerable.Range(0, count).Select(i => (long)i)]);
        var dims = x.Dims.ToArray();
        if (axes is null)
        {
            c.Output(0, c.Element(0), Ir.Shape.Of(new Dim[x.Rank]));
            return;
        }

        if ((starts ?? ends ?? steps) is not null && new[] { starts, ends, steps }.Any(given => given is not null && given.Length != axes.Length))
        {
            throw c.Contradiction($"{starts?.Length} starts, {ends?.Length} ends and {steps?.Length} steps for {axes.Length} axes", "as many of each");
        }

        for (var i = 0; i < axes.Length; i++)
        {
            var axis = c.Axis(axes[i], x.Rank);
            var step = c.Has(4) ? steps?[i] ?? Dim.Unknown : 1;
            dims[axis] = Part(x[axis], starts?[i] ?? Dim.Unknown, ends?[i] ?? Dim.Unknown, step);
        }

        c.Output(0, c.Element(0), Ir.Shape.Of(dims));
    }

    /// <summary>How many elements start, start + step, … before end there are in a dimension.</summary>
    public static Dim Part(Dim size, Dim start, Dim end, Dim step)
    {
        if (!step.IsKnown || step.Is(0) || DimMath.IsNothing(start) || DimMath.IsNothing(end))
        {
            return Dim.Unknown;
        }

        if (size.IsKnown && start.IsKnown && end.IsKnown)
        {
            var (low, high) = step.Value > 0 ? (0L, size.Value) : (-1L, size.Value - 1);
            var first = Math.Clamp(start.Value < 0 ? start.Value + size.Value : start.Value, 0, Math.Max(high, 0));
            var last = Math.Clamp(end.Value < 0 ? end.Value + size.Value : end.Value, low, high);
            return Math.Max(0, -DimMath.FloorDiv(first - last, step.Value));
        }

        if (!step.Is(1))
        {
            return start.Is(0) && Beyond(end) && step.Value > 0 ? DimMath.Div(DimMath.Add(size, step.Value - 1), step)
                : step.Is(-1) && start.Is(-1) && end.IsKnown && end.Value < -int.MaxValue ? size : Dim.Unknown;
        }

        // Names stand for anything from 0 on; what is certainly negative counts from the end, and of a difference nobody knows.
        if (!start.IsKnown && !DimMath.IsNatural(start))
        {
            var back = DimMath.Sub(0, start);
            return Beyond(end) && DimMath.IsNatural(back) ? DimMath.Clamp(back, size) : Dim.Unknown;
        }

        if (start.IsKnown && start.Value < 0)
        {
            return Beyond(end) ? DimMath.Clamp(-start.Value, size) : end.IsKnown && end.Value < 0 ? DimMath.Clamp(end.Value - start.Value, size) : Dim.Unknown;
        }

        if (Beyond(end) || end.IsSameAs(size))
        {
            return DimMath.Sub(size, start);
        }

        if (end.IsKnown && end.Value < 0)
        {
            return DimMath.Sub(DimMath.Add(size, end), start);
        }

        return DimMath.IsNatural(end) ? DimMath.Clamp(DimMath.Sub(end, start), size) : Dim.Unknown;
    }

    public static void Gather(InferenceContext c)
    {
        Shape? result = null;
        if (c.Shape(0) is { } x && c.Shape(1) is { } indices)
        {
            var axis = c.Axis(c.Node.Int("axis", 0), x.Rank);
            if (x[axis].IsKnown && c.Constants(1) is { } places && places.FirstOrDefault(p => p < -x[axis].Value || p >= x[axis].Value, long.MaxValue) is var outside and < long.MaxValue)
            {
                throw c.Contradiction($"place {outside} on axis {axis} of {x}", $"one from {-x[axis].Value} to {x[axis].Value - 1}");
            }

            result = Ir.Shape.Of([.. x.Dims[..axis], .. indices, .. x.Dims[(axis + 1)..]]);
        }

        c.Output(0, c.Element(0), result);
    }

    public static void GatherElements(InferenceContext c) => c.Output(0, c.Element(0), c.Shape(1));

    public static void GatherND(InferenceContext c)
    {
        Shape? result = null;
        if (c.Shape(0) is { } x && c.Shape(1) is { Rank: > 0 } indices && indices.Dims[^1].IsKnown)
        {
            var taken = c.Node.Int("batch_dims", 0) + indices.Dims[^1].Value;
            result = taken <= x.Rank
                ? Ir.Shape.Of([.. indices.Dims[..^1], .. x.Dims[(int)taken..]])
                : throw c.Contradiction($"indices of shape {indices} into {x}", "at most as many indices as the rank");
        }

        c.Output(0, c.Element(0), result);
    }

    public static void NonZero(InferenceContext c) => c.Output(0, ElementType.Int64, [c.Shape(0) is { } x ? x.Rank : Dim.Unknown, Dim.Unknown]);

    public static void Compress(InferenceContext c)
    {
        var axis = c.Node.Attributes.ContainsKey("axis");
        c.Output(0, c.Element(0), !axis ? [Dim.Unknown] : c.Shape(0) is { } x ? x.With(c.Axis(c.Node.Int("axis", 0), x.Rank), Dim.Unknown) : null);
    }

    public static void Pad(InferenceContext c)
    {
        if (c.Shape(0) is not { } x)
        {
            c.Output(0, c.Element(0), null);
            return;
        }

        var pads = c.Node.Ints("pads") is { } old ? [.. old.Select(Dim.Of)] : c.Elements(1);
        var axes = c.Has(3) ? c.Constants(3)?.Select(a => c.Axis(a, x.Rank)).ToArray() : [.. Enumerable.Range(0, x.Rank)];
        if (pads is null || axes is null)
        {
            c.Output(0, c.Element(0), Ir.Shape.Of(new Dim[x.Rank]));
            return;
        }

        if (pads.Length != 2 * axes.Length)
        {
            throw c.Contradiction($"{pads.Length} pads for {x}", $"two for each of {axes.Length} axes");
        }

        var dims = x.Dims.ToArray();
        for (var i = 0; i < axes.Length; i++)
        {
            dims[axes[i]] = DimMath.Add(dims[axes[i]], DimMath.Add(pads[i], pads[i + axes.Length]));
        }

        c.Output(0, c.Element(0), Ir.Shape.Of(dims));
    }

    public static void OneHot(InferenceContext c)
    {
        Shape? result = null;
        if (c.Shape(0) is { } x)
        {
            var axis = c.Axis(c.Node.Int("axis", -1), x.Rank + 1);
            result = Ir.Shape.Of([.. x.Dims[..axis], c.Elements(1) is [var depth, ..] ? depth : Dim.Unknown, .. x.Dims[axis..]]);
        }

        c.Output(0, c.Element(2), result);
    }

    // (values, first places, places of every element, counts)
    public static void Unique(InferenceContext c)
    {
        var axis = c.Node.Attributes.ContainsKey("axis");
        Dim found = Dim.Fresh();
        c.Output(0, c.Element(0), !axis ? [found] : c.Shape(0) is { } x ? x.With(c.Axis(c.Node.Int("axis", 0), x.Rank), found) : null);
        c.Output(1, ElementType.Int64, [found]);
        c.Output(2, ElementType.Int64, [Dim.Unknown]);
        c.Output(3, ElementType.Int64, [found]);
    }

    private static bool Beyond(Dim end) => end.IsKnown && end.Value >= int.MaxValue;
}
