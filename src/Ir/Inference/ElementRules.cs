namespace OnnxPipeline.Ir.Inference;

/// <summary>
/// Elements of small integer vectors and scalars, followed through the chains in which exporters compute shapes
/// (Shape → Gather → Unsqueeze → Concat → Reshape). A rule gives the elements of the node's first output; an entry may be unknown.
/// </summary>
internal static class ElementRules
{
    private static readonly Dictionary<string, Func<InferenceContext, Dim[]?>> Table = new()
    {
        ["Shape"] = Shape,
        ["Size"] = c => c.Shape(0) is { } x ? [DimMath.Product(x)] : null,
        ["Identity"] = Same,
        ["Cast"] = Cast,
        ["CastLike"] = Cast,
        ["Squeeze"] = Same,
        ["Unsqueeze"] = Same,
        ["Reshape"] = Same,
        ["Flatten"] = Same,
        ["Gather"] = Gather,
        ["Slice"] = Slice,
        ["Concat"] = Concat,
        ["Add"] = c => Paired(c, DimMath.Add),
        ["Sub"] = c => Paired(c, DimMath.Sub),
        ["Mul"] = c => Paired(c, DimMath.Mul),
        ["Div"] = c => Paired(c, Divided),
        ["Mod"] = c => Paired(c, (a, b) => a.IsKnown && b.IsKnown && b.Value != 0 ? c.Node.Int("fmod", 0) != 0 ? a.Value % b.Value : a.Value - (b.Value * DimMath.FloorDiv(a.Value, b.Value)) : a.IsSameAs(b) ? 0 : Dim.Unknown),
        ["Max"] = c => Paired(c, (a, b) => Chosen(a, b, Math.Max)),
        ["Min"] = c => Paired(c, (a, b) => Chosen(a, b, Math.Min)),
        ["Neg"] = c => c.Elements(0) is { } x ? Array.ConvertAll(x, d => DimMath.Sub(0, d)) : null,
        ["Abs"] = c => c.Elements(0) is { } x ? Array.ConvertAll(x, d => d.IsKnown ? DimMath.Abs(d.Value) : DimMath.IsNatural(d) ? d : Dim.Unknown) : null,
        ["Not"] = c => c.Elements(0) is { } x ? Array.ConvertAll(x, d => d.IsKnown ? 1 - d.Value : Dim.Unknown) : null,
        ["And"] = c => Paired(c, (a, b) => a.Is(0) || b.Is(0) ? 0 : a.Is(1) ? b : a),
        ["Or"] = c => Paired(c, (a, b) => a.Is(1) || b.Is(1) ? 1 : a.Is(0) ? b : a),
        ["Equal"] = c => Paired(c, Equal),
        ["Less"] = c => Paired(c, (a, b) => a.IsKnown && b.IsKnown ? a.Value < b.Value ? 1 : 0 : a.IsSameAs(b) ? 0 : Dim.Unknown),
        ["Greater"] = c => Paired(c, (a, b) => a.IsKnown && b.IsKnown ? a.Value > b.Value ? 1 : 0 : a.IsSameAs(b) ? 0 : Dim.Unknown),
        ["Where"] = Where,
        ["ConstantOfShape"] = ConstantOfShape,
        ["Expand"] = Expand,
        ["Range"] = Range,
        ["ReduceProd"] = c => c.Elements(0) is { } x && c.Node.Outputs[0].Shape is { } y && y.Count == 1 ? [DimMath.Product(x)] : null,
    };

    /// <summary>Sets what is known of the elements of the first output. Its type is inferred already.</summary>
    public static void Apply(InferenceContext c)
    {
        var output = c.Node.Outputs[0];
        output.Elements = null;
        if (c.Node.Domain.Length > 0 || !Table.TryGetValue(c.Node.OpType, out var rule) || output.Type is not TensorType { Element: var element }
            || !(Files.ElementTypes.IsInteger(element) || element == Files.ElementType.Bool) || output.Shape is { Rank: > 1 })
        {
            return;
        }

        if (rule(c) is { Length: <= Numbers.Most } found && (found.Length == 0 || !Array.TrueForAll(found, DimMath.IsNothing)))
        {
            output.Elements = found;
        }
    }

    private static Dim[]? Shape(InferenceContext c)
    {
        if (c.Shape(0) is not { } x)
        {
            return null;
        }

        var (start, end) = Generation.Bounds(c.Node, x.Rank);
        return start < end ? x.Dims[start..end].ToArray() : [];
    }

    private static Dim[]? Same(InferenceContext c) => c.Element(0) is var e && (Files.ElementTypes.IsInteger(e) || e == Files.ElementType.Bool) ? c.Elements(0) : null;

    // As a bool every number but 0 is 1
    private static Dim[]? Cast(InferenceContext c) => c.Node.Outputs[0].Element == Files.ElementType.Bool && Same(c) is { } x
        ? Array.ConvertAll(x, d => d.IsKnown ? d.Is(0) ? 0 : 1 : c.Element(0) == Files.ElementType.Bool ? d : Dim.Unknown) : Same(c);

    private static Dim[]? Gather(InferenceContext c)
    {
        if (c.Elements(0) is not { } x || c.Constants(1) is not { } indices || c.Shape(0) is { Rank: not 1 })
        {
            return null;
        }

        return Array.ConvertAll(indices, i => i < 0 ? i + x.Length : i) is var places && Array.TrueForAll(places, p => p >= 0 && p < x.Length)
            ? Array.ConvertAll(places, p => x[p])
            : throw c.Contradiction($"index {string.Join(", ", indices)} into {x.Length} elements", "an index inside");
    }

    private static Dim[]? Slice(InferenceContext c)
    {
        var starts = c.Ints("starts", 1);
        var ends = c.Ints("ends", 2);
        var step = c.Has(4) ? c.Constants(4) is [var given] ? given : 0 : 1;
        if (c.Elements(0) is not { } x || starts is not [var start] || ends is not [var end] || step == 0)
        {
            return null;
        }

        var length = Selection.Part(x.Length, start, end, step).Value;
        var first = Math.Clamp(start < 0 ? start + x.Length : start, 0, Math.Max(step > 0 ? x.Length : x.Length - 1, 0));
        return [.. Enumerable.Range(0, (int)length).Select(i => x[(int)(first + (i * step))])];
    }

    private static Dim[]? Concat(InferenceContext c)
    {
        List<Dim> all = [];
        for (var i = 0; i < c.Inputs; i++)
        {
            if (c.Elements(i) is { } part)
            {
                all.AddRange(part);
            }
            else if (c.Length(i) is <= Numbers.Most and { } length)
            {
                all.AddRange(new Dim[length]);
            }
            else
            {
                return null;
            }
        }

        return [.. all];
    }

    private static Dim[]? Where(InferenceContext c)
    {
        if (c.Elements(0) is not { } condition || c.Elements(1) is not { } x || c.Elements(2) is not { } y)
        {
            return null;
        }

        var length = new[] { condition.Length, x.Length, y.Length }.Max();
        if (new[] { condition, x, y }.Any(part => part.Length != 1 && part.Length != length))
        {
            return null;
        }

        return [.. Enumerable.Range(0, length).Select(i => (At(condition, i), At(x, i), At(y, i)) switch
        {
            ({ IsKnown: true } chosen, var a, var b) => chosen.Is(0) ? b : a,
            (_, var a, var b) => a.IsSameAs(b) ? a : Dim.Unknown,
        })];
    }

    private static Dim[]? ConstantOfShape(InferenceContext c)
    {
        if (c.Node.Outputs[0].Shape?.Count is not { } count || count > Numbers.Most)
        {
            return null;
        }

        var value = c.Node.Attributes.GetValueOrDefault("value") is TensorAttribute tensor ? Numbers.Integers(tensor.Value) : null;
        return value is [var number] ? [.. Enumerable.Repeat(Dim.Of(number), (int)count)] : null;
    }

    private static Dim[]? Expand(InferenceContext c) => c.Elements(0) is not { } x || c.Node.Outputs[0].Shape?.Count is not { } count || count > Numbers.Most ? null
        : x.Length == 1 ? [.. Enumerable.Repeat(x[0], (int)count)] : x.Length == count ? x : null;

    private static Dim[]? Range(InferenceContext c) =>
        c.Constants(0) is [var start] && c.Constants(2) is [var delta] && c.Node.Outputs[0].Shape?.Count is <= Numbers.Most and { } count
            ? [.. Enumerable.Range(0, (int)count).Select(i => (Dim)(start + (i * delta)))] : null;

    // Integer division truncates towards 0; the floor is the same where nothing is negative.
    private static Dim Divided(Dim a, Dim b) => a.IsKnown && b.IsKnown ? b.Value == 0 ? Dim.Unknown : DimMath.Quotient(a.Value, b.Value)
        : DimMath.IsNatural(a) && DimMath.IsNatural(b) || DimMath.Div(a, b) is var exact && exact.Symbol?.Contains("floor", StringComparison.Ordinal) == false ? DimMath.Div(a, b) : Dim.Unknown;

    private static Dim Chosen(Dim a, Dim b, Func<long, long, long> choose) => a.IsKnown && b.IsKnown ? choose(a.Value, b.Value) : a.IsSameAs(b) ? a : Dim.Unknown;

    private static Dim Equal(Dim a, Dim b) => a.IsKnown && b.IsKnown ? a.Is(b.Value) ? 1 : 0
        : a.IsSameAs(b) ? 1
        : a.IsKnown && a.Value < 0 && DimMath.IsNatural(b) || b.IsKnown && b.Value < 0 && DimMath.IsNatural(a) ? 0 : Dim.Unknown;

    private static Dim[]? Paired(InferenceContext c, Func<Dim, Dim, Dim> f)
    {
        if (c.Inputs != 2 || c.Elements(0) is not { } x || c.Elements(1) is not { } y || x.Length != y.Length && x.Length != 1 && y.Length != 1)
        {
            return null;
        }

        return [.. Enumerable.Range(0, x.Length == 1 ? y.Length : x.Length).Select(i => f(At(x, i), At(y, i)))];
    }

    private static Dim At(Dim[] elements, int index) => elements.Length == 1 ? elements[0] : elements[index];
}
