using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Inference;

/// <summary>What a rule sees of a node: types, shapes and, where they are known, elements of its inputs; and where it puts those of its outputs.</summary>
internal sealed class InferenceContext(Node node, int opset)
{
    public Node Node => node;

    public int Opset => opset;

    public int Inputs => node.Inputs.Count;

    public int Outputs => node.Outputs.Count;

    public bool Has(int input) => node.Input(input) is not null;

    public ElementType Element(int input) => node.Input(input)?.Element ?? ElementType.Undefined;

    /// <summary>The shape of an input, null where the rank is unknown. Unknown dimensions get names of their own first, so that what has the same size is known to have it.</summary>
    public Shape? Shape(int input) => node.Input(input) is { } value ? Named(value) : null;

    /// <summary>The elements of an integer or bool vector or scalar (bool as 0 and 1); entries may be unknown. Null where nothing is known.</summary>
    public Dim[]? Elements(int input) => node.Input(input) is { } value ? Numbers.Of(value) : null;

    /// <summary>The elements where every one of them is a number.</summary>
    public long[]? Constants(int input) => Elements(input) is { } all && Array.TrueForAll(all, d => d.IsKnown) ? Array.ConvertAll(all, d => d.Value) : null;

    /// <summary>The attribute, or else the elements of an input: axes and the like, which moved from one to the other over the opsets.</summary>
    public long[]? Ints(string attribute, int input) => node.Ints(attribute)?.ToArray() ?? (!Has(input) ? null
        : Element(input).IsFloat() ? throw Contradiction($"numbers of type {Element(input)} as {attribute}", "whole numbers") : Constants(input));

    /// <summary>An attribute that the operator cannot do without.</summary>
    public IReadOnlyList<long> Required(string attribute) => node.Ints(attribute)
        ?? throw new IrException($"{node.Describe()} lacks the attribute {attribute}, which the operator requires. Correct the node.");

    /// <summary>A list with an entry for each of <paramref name="count"/> axes or sides; <paramref name="fallback"/> for all where it is absent.</summary>
    public IReadOnlyList<long> List(string attribute, int count, long fallback) => node.Ints(attribute) is not { } given ? [.. Enumerable.Repeat(fallback, count)]
        : given.Count == count ? given : throw Contradiction($"{attribute} [{string.Join(", ", given)}]", $"{count} entries");

    /// <summary>How many elements the vector at an input has, null where that is unknown.</summary>
    public int? Length(int input) => Elements(input)?.Length ?? (Shape(input) is { Rank: 1 } shape && shape[0].IsKnown && shape[0].Value <= Numbers.Most ? (int)shape[0].Value : null);

    /// <summary>−1 is the last axis.</summary>
    /// <param name="end">Whether <paramref name="rank"/> itself is allowed.</param>
    public int Axis(long axis, int rank, bool end = false)
    {
        var result = axis < 0 ? axis + rank : axis;
        return result >= 0 && (result < rank || end && result == rank) ? (int)result : throw Contradiction($"axis {axis}", $"an axis of rank {rank}");
    }

    /// <summary>Sets the type of an output as far as the node has it; what the value says already fills what is unknown here.</summary>
    public void Output(int index, ElementType element, Shape? shape)
    {
        if (node.Output(index) is not { } output)
        {
            return;
        }

        if (shape is not null && shape.Any(d => d.IsKnown && d.Value < 0))
        {
            throw Contradiction($"the shape {shape} of output {index}", "sizes from 0 on");
        }

        element = element == ElementType.Undefined ? output.Element : element;
        if (element != ElementType.Undefined)
        {
            output.Type = new TensorType(element, Merged(shape, output.Shape));
        }
    }

    /// <summary>The same type as an input's.</summary>
    public void OutputLike(int index, int input) => Output(index, Element(input), Shape(input));

    /// <summary>Inputs <paramref name="inputs"/> broadcast; null where a rank is unknown.</summary>
    public Shape? Broadcast(params ReadOnlySpan<int> inputs)
    {
        Shape? result = null;
        foreach (var input in inputs)
        {
            if (Shape(input) is not { } shape)
            {
                return null;
            }

            result = result is null ? shape : Broadcast(result, shape);
        }

        return result;
    }

    public Shape Broadcast(Shape a, Shape b)
    {
        if (ReferenceEquals(a, b) || b.Rank == 0)
        {
            return a;
        }

        var dims = new Dim[Math.Max(a.Rank, b.Rank)];
        for (var i = 1; i <= dims.Length; i++)
        {
            dims[^i] = i > a.Rank ? b.Dims[^i] : i > b.Rank ? a.Dims[^i]
                : DimMath.Broadcast(a.Dims[^i], b.Dims[^i]) ?? throw Contradiction($"shapes {a} and {b}", "shapes that broadcast");
        }

        return Ir.Shape.Of(dims);
    }

    /// <summary>Of two dimensions that must be equal, the one that says more.</summary>
    public Dim Equal(Dim a, Dim b, string what)
    {
        if (a.IsKnown && b.IsKnown && !a.IsSameAs(b))
        {
            throw Contradiction($"{a} and {b}", $"{what} of the same size");
        }

        return Better(a, b);
    }

    public IrException Contradiction(string found, string wanted) =>
        new($"The shapes of the model contradict each other at {node.Describe()}: found {found}, wanted {wanted}. Its inputs: "
            + $"{string.Join("; ", node.Inputs.Select(x => x?.ToString() ?? "left out"))}. Correct the shapes that the graph inputs declare, or the node.");

    private static Dim Better(Dim a, Dim b) => a.IsKnown || b.Symbol is null && !b.IsKnown ? a : b.IsKnown || a.Symbol is null ? b : DimMath.IsPlain(b) && !DimMath.IsPlain(a) ? b : a;

    private static Shape? Named(Value value)
    {
        if (value.Shape is { } shape && shape.Any(DimMath.IsNothing))
        {
            value.Type = new TensorType(value.Element, Ir.Shape.Of([.. shape.Select(d => DimMath.IsNothing(d) ? Dim.Fresh() : d)]));
        }

        return value.Shape;
    }

    /// <summary>
    /// What inference found counts for more than what the value said before (exporters leave stale numbers), except that a number said
    /// before fills a dimension of which inference only has an expression.
    /// </summary>
    private static Shape? Merged(Shape? found, Shape? said)
    {
        if (found is null)
        {
            return said;
        }

        var same = said is not null && said.Rank == found.Rank;
        if (!same && !found.Any(DimMath.IsNothing) || ReferenceEquals(found, said))
        {
            return found;
        }

        var dims = found.Dims.ToArray();
        var changed = false;
        for (var i = 0; i < dims.Length; i++)
        {
            var before = dims[i];
            if (same && !before.IsKnown && (said![i].IsKnown ? !DimMath.IsPlain(before) : DimMath.IsNothing(before)))
            {
                dims[i] = said[i];
            }

            dims[i] = DimMath.IsNothing(dims[i]) ? Dim.Fresh() : dims[i];
            changed |= dims[i] != before;
        }

        return changed ? Ir.Shape.Of(dims) : found;
    }
}
