namespace OnnxPipeline.Ir.Inference;

internal static class Products
{
    public static void MatMul(InferenceContext c) => c.Output(0, c.Element(0), Product(c, c.Shape(0), c.Shape(1)));

    // com.microsoft: op transposes the last two axes; transBatch moves axis 0 behind the batch axes first
    public static void FusedMatMul(InferenceContext c) => c.Output(0, c.Element(0), Product(c,
        Side(c.Shape(0), c.Node.Int("transA", 0) != 0, c.Node.Int("transBatchA", 0) != 0),
        Side(c.Shape(1), c.Node.Int("transB", 0) != 0, c.Node.Int("transBatchB", 0) != 0)));

    public static void Gemm(InferenceContext c)
    {
        var (a, b) = (Side(c.Shape(0), c.Node.Int("transA", 0) != 0, false), Side(c.Shape(1), c.Node.Int("transB", 0) != 0, false));
        if (a is not null && a.Rank != 2 || b is not null && b.Rank != 2)
        {
            throw c.Contradiction($"operands of shapes {c.Shape(0)} and {c.Shape(1)}", "matrices (rank 2)");
        }

        if (a is not null && b is not null)
        {
            c.Equal(a[1], b[0], "inner dimensions");
        }

        c.Output(0, c.Element(0), [a?[0] ?? Dim.Unknown, b?[1] ?? Dim.Unknown]);
    }

    public static void MatMulInteger(InferenceContext c) => c.Output(0, Files.ElementType.Int32, Product(c, c.Shape(0), c.Shape(1)));

    public static void Einsum(InferenceContext c)
    {
        var equation = c.Node.Text("equation", "").Replace(" ", "", StringComparison.Ordinal);
        var sides = equation.Split("->");
        var terms = sides[0].Split(',');
        Dictionary<char, Dim> letters = [];
        Shape? rest = Ir.Shape.Scalar; // what "..." stands for, broadcast
        if (terms.Length != c.Inputs)
        {
            throw c.Contradiction($"{c.Inputs} inputs", $"one for each of the {terms.Length} terms of {equation}");
        }

        for (var i = 0; i < terms.Length; i++)
        {
            if (c.Shape(i) is not { } shape)
            {
                c.Output(0, c.Element(0), null);
                return;
            }

            var (term, at) = (terms[i], terms[i].IndexOf("...", StringComparison.Ordinal));
            var (head, tail) = at < 0 ? (term, "") : (term[..at], term[(at + 3)..]);
            if (at < 0 ? shape.Rank != term.Length : shape.Rank < head.Length + tail.Length)
            {
                throw c.Contradiction($"an operand of shape {shape}", $"the rank of term {term}");
            }

            foreach (var (letter, dim) in head.Zip(shape).Concat(tail.Zip(shape.Skip(shape.Rank - tail.Length))))
            {
                letters[letter] = letters.TryGetValue(letter, out var known) ? DimMath.Broadcast(known, dim) ?? throw c.Contradiction($"{known} and {dim} for {letter}", "one size for each letter") : dim;
            }

            if (at >= 0)
            {
                rest = c.Broadcast(rest, Ir.Shape.Of(shape.Dims[head.Length..(shape.Rank - tail.Length)]));
            }
        }

        var output = sides.Length > 1 ? sides[1] : (sides[0].Contains('.') ? "..." : "")
            + string.Concat(sides[0].Where(char.IsLetter).GroupBy(l => l).Where(g => g.Count() == 1).Select(g => g.Key).Order());
        List<Dim> dims = [];
        for (var i = 0; i < output.Length; i++)
        {
            if (output[i] == '.')
            {
                dims.AddRange(rest);
                i += 2;
            }
            else
            {
                dims.Add(letters.GetValueOrDefault(output[i]));
            }
        }

        c.Output(0, c.Element(0), Ir.Shape.Of([.. dims]));
    }

    private static Shape? Side(Shape? shape, bool transpose, bool batch)
    {
        if (shape is null || shape.Rank < 2)
        {
            return shape;
        }

        Dim[] dims = batch ? [.. shape.Dims[1..^1], shape[0], shape.Dims[^1]] : shape.Dims.ToArray();
        if (transpose)
        {
            (dims[^1], dims[^2]) = (dims[^2], dims[^1]);
        }

        return Ir.Shape.Of(dims);
    }

    private static Shape? Product(InferenceContext c, Shape? a, Shape? b)
    {
        if (a is null || b is null)
        {
            return null;
        }

        if (a.Rank == 0 || b.Rank == 0)
        {
            throw c.Contradiction("a scalar", "operands of rank 1 and more");
        }

        c.Equal(a.Dims[^1], b.Rank == 1 ? b[0] : b.Dims[^2], "inner dimensions");
        var batch = c.Broadcast(a.Rank > 2 ? Ir.Shape.Of(a.Dims[..^2]) : Ir.Shape.Scalar, b.Rank > 2 ? Ir.Shape.Of(b.Dims[..^2]) : Ir.Shape.Scalar);
        return Ir.Shape.Of([.. batch, .. a.Rank == 1 ? [] : a.Dims[^2..^1], .. b.Rank == 1 ? [] : b.Dims[^1..]]);
    }
}
