namespace OnnxPipeline.Ir.Inference;

/// <summary>Operators that keep every element and only lay them out anew, or repeat them.</summary>
internal static class Movement
{
    public static void Reshape(InferenceContext c)
    {
        var target = c.Node.Ints("shape") is { } old ? [.. old.Select(Dim.Of)] : c.Elements(1);
        if (target is null)
        {
            c.Output(0, c.Element(0), c.Length(1) is { } rank ? Ir.Shape.Of(new Dim[rank]) : null);
            return;
        }

        var x = c.Shape(0);
        var copy = c.Node.Int("allowzero", 0) == 0;
        var dims = target.Select((d, i) => d.Is(0) && copy ? x is not null && i < x.Rank ? x[i] : Dim.Unknown : d).ToArray();
        var free = Array.FindIndex(dims, d => d.Is(-1));
        // One entry of which nothing is known takes what the others leave, whether it is a number or −1.
        free = free < 0 && dims.Count(DimMath.IsNothing) == 1 ? Array.FindIndex(dims, DimMath.IsNothing) : free;
        if (free >= 0)
        {
            dims[free] = x is null ? Dim.Unknown : Rest(x, dims, free);
        }

        if (x?.Count is { } count && Ir.Shape.Of(dims).Count is { } laid && count != laid)
        {
            throw c.Contradiction($"{count} elements", $"{laid} for the shape {Ir.Shape.Of(dims)}");
        }

        c.Output(0, c.Element(0), Ir.Shape.Of(dims));
    }

    public static void Flatten(InferenceContext c)
    {
        Shape? shape = null;
        if (c.Shape(0) is { } x)
        {
            var axis = c.Axis(c.Node.Int("axis", 1), x.Rank, end: true);
            shape = [DimMath.Product(x.Take(axis)), DimMath.Product(x.Skip(axis))];
        }

        c.Output(0, c.Element(0), shape ?? [Dim.Unknown, Dim.Unknown]);
    }

    public static void Squeeze(InferenceContext c)
    {
        Shape? result = null;
        if (c.Shape(0) is { } x)
        {
            var axes = c.Ints("axes", 1)?.Select(a => c.Axis(a, x.Rank)).ToHashSet();
            if (axes is not null)
            {
                if (axes.Where(a => x[a].IsKnown && !x[a].Is(1)).Select(a => (int?)a).FirstOrDefault() is { } wrong)
                {
                    throw c.Contradiction($"size {x[wrong]} of axis {wrong} of {x}", "size 1 where an axis is dropped");
                }

                result = Ir.Shape.Of([.. x.Where((_, i) => !axes.Contains(i))]);
            }
            else if (!c.Has(1) && x.All(d => d.IsKnown))
            {
                result = Ir.Shape.Of([.. x.Where(d => !d.Is(1))]);
            }
            else if (c.Length(1) is { } length)
            {
                result = length <= x.Rank ? Ir.Shape.Of(new Dim[x.Rank - length]) : throw c.Contradiction($"{length} axes of {x}", "each axis once");
            }
        }

        c.Output(0, c.Element(0), result);
    }

    public static void Unsqueeze(InferenceContext c)
    {
        Shape? result = null;
        if (c.Shape(0) is { } x)
        {
            if (c.Ints("axes", 1) is { } given)
            {
                var rank = x.Rank + given.Length;
                var axes = given.Select(a => c.Axis(a, rank)).ToHashSet();
                var next = 0;
                result = axes.Count == given.Length
                    ? Ir.Shape.Of([.. Enumerable.Range(0, rank).Select(i => axes.Contains(i) ? 1 : x[next++])])
                    : throw c.Contradiction($"axes {string.Join(", ", given)}", "each axis once");
            }
            else if (c.Length(1) is { } length)
            {
                result = Ir.Shape.Of(new Dim[x.Rank + length]);
            }
        }

        c.Output(0, c.Element(0), result);
    }

    public static void Transpose(InferenceContext c)
    {
        Shape? result = null;
        if (c.Shape(0) is { } x)
        {
            var perm = c.Node.Ints("perm") ?? [.. Enumerable.Range(0, x.Rank).Reverse().Select(i => (long)i)];
            result = perm.Count == x.Rank && perm.Select(p => c.Axis(p, x.Rank)).Distinct().Count() == x.Rank ? Ir.Shape.Of([.. perm.Select(p => x[c.Axis(p, x.Rank)])]) : throw c.Contradiction($"shape {x} and perm {string.Join(", ", perm)}", "an axis of perm for each of the input");
        }

        c.Output(0, c.Element(0), result);
    }

    public static void Expand(InferenceContext c)
    {
        Shape? result = null;
        if (c.Shape(0) is { } x)
        {
            result = c.Elements(1) is { } target ? c.Broadcast(x, Ir.Shape.Of(target))
                : c.Length(1) is { } length ? c.Broadcast(x, Ir.Shape.Of(new Dim[length])) : null;
        }

        c.Output(0, c.Element(0), result);
    }

    public static void Tile(InferenceContext c)
    {
        Shape? result = null;
        if (c.Shape(0) is { } x)
        {
            var repeats = c.Elements(1) ?? new Dim[x.Rank];
            result = repeats.Length == x.Rank ? Ir.Shape.Of([.. x.Zip(repeats, DimMath.Mul)]) : throw c.Contradiction($"{repeats.Length} repeats", $"one for each axis of {x}");
        }

        c.Output(0, c.Element(0), result);
    }

    public static void Concat(InferenceContext c)
    {
        var shapes = Enumerable.Range(0, c.Inputs).Select(c.Shape).ToArray();
        var element = Enumerable.Range(0, c.Inputs).Select(c.Element).FirstOrDefault(e => e != Files.ElementType.Undefined);
        if (Array.Find(shapes, s => s is not null) is not { } first)
        {
            c.Output(0, element, null);
            return;
        }

        var axis = c.Axis(c.Node.Int("axis", 0), first.Rank);
        var dims = first.Dims.ToArray();
        foreach (var shape in shapes.OfType<Shape>())
        {
            if (shape.Rank != first.Rank)
            {
                throw c.Contradiction($"shapes {first} and {shape}", "inputs of one rank");
            }

            for (var i = 0; i < dims.Length; i++)
            {
                dims[i] = i == axis ? dims[i] : c.Equal(dims[i], shape[i], $"inputs whose axis {i} is");
            }
        }

        dims[axis] = shapes.Aggregate((Dim)0, (sum, s) => DimMath.Add(sum, s?[axis] ?? Dim.Unknown));
        c.Output(0, element, Ir.Shape.Of(dims));
    }

    // Sizes are an attribute, an input, or even ones
    public static void Split(InferenceContext c)
    {
        var x = c.Shape(0);
        if (x is null)
        {
            for (var i = 0; i < c.Outputs; i++)
            {
                c.Output(i, c.Element(0), null);
            }

            return;
        }

        var axis = c.Axis(c.Node.Int("axis", 0), x.Rank);
        var sizes = c.Node.Ints("split") is { } old ? [.. old.Select(Dim.Of)] : c.Has(1) ? c.Elements(1) ?? new Dim[c.Outputs] : Even(x[axis], c.Outputs, c.Node.Attributes.ContainsKey("num_outputs"));
        if (sizes.Length != c.Outputs || x[axis].IsKnown && sizes.All(s => s.IsKnown) && !sizes.Aggregate((Dim)0, DimMath.Add).Is(x[axis].Value))
        {
            throw c.Contradiction($"parts {string.Join(", ", sizes)}", $"{c.Outputs} that add up to {x[axis]}");
        }

        for (var i = 0; i < sizes.Length; i++)
        {
            c.Output(i, c.Element(0), x.With(axis, sizes[i]));
        }
    }

    public static void DepthToSpace(InferenceContext c)
    {
        var block = c.Node.Int("blocksize", 1);
        c.Output(0, c.Element(0), c.Shape(0) is { Rank: 4 } x ? [x[0], DimMath.Div(x[1], block * block), DimMath.Mul(x[2], block), DimMath.Mul(x[3], block)] : Ir.Shape.Of(new Dim[4]));
    }

    public static void SpaceToDepth(InferenceContext c)
    {
        var block = c.Node.Int("blocksize", 1);
        c.Output(0, c.Element(0), c.Shape(0) is { Rank: 4 } x ? [x[0], DimMath.Mul(x[1], block * block), DimMath.Div(x[2], block), DimMath.Div(x[3], block)] : Ir.Shape.Of(new Dim[4]));
    }

    private static Dim[] Even(Dim size, int parts, bool mayDiffer)
    {
        if (!size.IsKnown)
        {
            // Since opset 18 the last part may be smaller: then only a quotient that is exact for every size says something.
            var quotient = DimMath.Div(size, parts);
            return [.. Enumerable.Repeat(mayDiffer && quotient.Symbol?.Contains("floor", StringComparison.Ordinal) == true ? Dim.Unknown : quotient, parts)];
        }

        var even = ((size.Value - 1) / parts) + 1;
        return [.. Enumerable.Range(0, parts).Select(i => (Dim)Math.Clamp(size.Value - (i * even), 0, even))]; // the last is smaller where it does not come out even
    }

    /// <summary>What one dimension must be for the others to hold all elements of <paramref name="x"/>; equal dimensions cancel out first.</summary>
    private static Dim Rest(Shape x, Dim[] dims, int free)
    {
        var over = x.ToList();
        List<Dim> under = [];
        for (var i = 0; i < dims.Length; i++)
        {
            if (i == free)
            {
                continue;
            }

            var same = over.FindIndex(d => d.IsSameAs(dims[i]) && !d.Is(0));
            if (same >= 0)
            {
                over.RemoveAt(same);
            }
            else
            {
                under.Add(dims[i]);
            }
        }

        var divisor = DimMath.Product(under);
        return divisor.Is(0) ? Dim.Unknown : DimMath.Div(DimMath.Product(over), divisor);
    }
}
