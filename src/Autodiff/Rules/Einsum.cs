using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>
/// The gradient of an operand is an Einsum of dy and the other operands that ends in the operand's term: of <c>ij,jk->ik</c> it is <c>ik,jk->ij</c>.
/// A letter that only the operand has was summed there, so the gradient is repeated along it; a letter that its term repeats took a diagonal,
/// so the gradient stands on that diagonal. Sizes of 1 that were broadcast are summed by the walker.
/// </summary>
internal static class Einsum
{
    public static IReadOnlyList<Value?> Gradient(GradientContext c)
    {
        var (terms, output) = Terms(c);
        if (output.Distinct().Count() != output.Length)
        {
            throw new AutodiffException($"{c.Node.Describe()}: no gradient where the result repeats a letter ({c.Node.Text("equation", "")}).");
        }

        return [.. terms.Select((_, i) => c.Needs(i) ? Of(c, terms, output, i) : null)];
    }

    private static Value Of(GradientContext c, string[] terms, string output, int operand)
    {
        var b = c.Build;
        var (x, wanted) = (c.X(operand), terms[operand]);
        List<(string Term, Value Value)> factors = [(output, c.Dy), .. terms.Select((t, i) => (t, c.X(i))).Where((_, i) => i != operand)];
        var arrays = factors.Where(f => f.Term.Length > 0).ToArray(); // a scalar is multiplied outside: not every runtime takes an empty term
        var found = string.Concat(wanted.Distinct().Where(l => arrays.Any(f => f.Term.Contains(l))));
        Value? gradient = arrays.Length == 0 ? null
            : arrays is [var only] && only.Term == found ? only.Value
            : b.Op("Einsum", [.. arrays.Select(f => f.Value)], [("equation", $"{string.Join(',', arrays.Select(f => f.Term))}->{found}")]);
        foreach (var (_, scalar) in factors.Where(f => f.Term.Length == 0))
        {
            gradient = gradient is null ? scalar : b.Mul(gradient, scalar);
        }

        long[] absent = [.. Enumerable.Range(0, wanted.Length).Where(i => !found.Contains(wanted[i]) || wanted.IndexOf(wanted[i]) < i).Select(i => (long)i)];
        gradient = absent.Length == 0 ? gradient! : b.Unsqueeze(gradient!, absent); // an axis of size 1 for each letter that is missing
        for (var i = 0; i < wanted.Length; i++)
        {
            if (wanted.IndexOf(wanted[i]) is var first && first < i)
            {
                gradient = b.Where(b.Equal(Positions(c, x, first, wanted.Length), Positions(c, x, i, wanted.Length)), gradient, b.ConstantLike(x, 0));
            }
        }

        return Covers(gradient.Shape, x.Shape) ? gradient : b.Expand(gradient, c.ShapeOf(x));
    }

    /// <summary>Whether no axis is certain or likely to be shorter than the operand's.</summary>
    private static bool Covers(Shape? found, Shape? wanted) =>
        found is not null && wanted is not null && found.Rank == wanted.Rank && found.Zip(wanted).All(p => p.Second.Is(1) || p.First.IsSameAs(p.Second));

    /// <summary>0, 1, 2, … along one axis of an array of that rank, the other axes 1.</summary>
    private static Value Positions(GradientContext c, Value x, int axis, int rank)
    {
        var b = c.Build;
        var dims = Enumerable.Repeat(1L, rank).ToArray();
        if (x.Shape is { } shape && shape[axis].IsKnown)
        {
            dims[axis] = shape[axis].Value;
            return b.Constant(Tensor.From<long>(Enumerable.Range(0, (int)dims[axis]).Select(i => (long)i).ToArray(), dims));
        }

        dims[axis] = -1;
        var size = b.Squeeze(b.Shape(x, axis, axis + 1), 0);
        return b.Reshape(b.Range(b.Constant(Tensor.Scalar(0L)), size, b.Constant(Tensor.Scalar(1L))), dims);
    }

    /// <summary>The letters of every operand and of the result; an ellipsis becomes letters of its own, one an axis.</summary>
    private static (string[] Terms, string Output) Terms(GradientContext c)
    {
        var equation = c.Node.Text("equation", "").Replace(" ", "", StringComparison.Ordinal);
        var sides = equation.Split("->");
        var terms = sides[0].Split(',');
        var rest = "";
        if (equation.Contains('.', StringComparison.Ordinal))
        {
            var ranks = terms.Select((term, i) => !term.Contains('.', StringComparison.Ordinal) ? 0
                : (c.X(i).Shape ?? throw new AutodiffException($"{c.Node.Describe()}: the rank of {c.X(i)} is unknown, the gradient of an equation with an ellipsis needs it. Declare the shapes of the graph inputs.")).Rank - (term.Length - 3)).ToArray();
            rest = string.Concat("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".Where(l => !equation.Contains(l, StringComparison.Ordinal)).Take(ranks.Max()));
            terms = [.. terms.Select((term, i) => term.Replace("...", rest[^ranks[i]..], StringComparison.Ordinal))];
        }

        var output = sides.Length > 1
            ? sides[1].Replace("...", rest, StringComparison.Ordinal)
            : rest + string.Concat(sides[0].Where(char.IsLetter).GroupBy(l => l).Where(g => g.Count() == 1).Select(g => g.Key).Order());
        return (terms, output);
    }
}
