namespace OnnxPipeline.Reference.Ops;

internal static class Products
{
    public static IReadOnlyList<Array64?> MatMul(Call c) => [Product(c[0], c[1], 1)];

    // com.microsoft: α·op(A)·op(B)
    public static IReadOnlyList<Array64?> FusedMatMul(Call c)
    {
        if (c.Int("transBatchA", 0) != 0 || c.Int("transBatchB", 0) != 0)
        {
            throw new NotSupportedException("The interpreter has no FusedMatMul with transBatchA or transBatchB.");
        }

        return [Product(Side(c[0], c.Int("transA", 0)), Side(c[1], c.Int("transB", 0)), c.Float("alpha", 1))];
    }

    // α·op(A)·op(B) + β·C
    public static IReadOnlyList<Array64?> Gemm(Call c)
    {
        var y = Product(Side(c[0], c.Int("transA", 0)), Side(c[1], c.Int("transB", 0)), c.Float("alpha", 1));
        if (c.Optional(2) is { } bias)
        {
            var (add, beta) = (bias.Expanded(y.Dims).Doubles, c.Float("beta", 1));
            y = new(y.Doubles.Select((v, i) => v + (beta * add[i])).ToArray(), y.Dims);
        }

        return [y];
    }

    private static Array64 Side(Array64 x, long transpose)
    {
        if (transpose == 0 || x.Rank < 2)
        {
            return x;
        }

        int[] perm = [.. Enumerable.Range(0, x.Rank - 2), x.Rank - 1, x.Rank - 2];
        return Movement.Permuted(x, perm);
    }

    public static Array64 Product(Array64 a, Array64 b, double alpha)
    {
        var (vectorA, vectorB) = (a.Rank == 1, b.Rank == 1);
        a = vectorA ? a.Reshaped(1, a.Count) : a;
        b = vectorB ? b.Reshaped(b.Count, 1) : b;
        var (m, k, n) = (a.Dims[^2], a.Dims[^1], b.Dims[^1]);
        if (b.Dims[^2] != k)
        {
            throw new ArgumentException("inner dimensions differ");
        }

        var batch = Index.Broadcast(a.Dims[..^2], b.Dims[..^2], []);
        batch = batch.Length == 1 && a.Rank == 2 && b.Rank == 2 ? [] : batch;
        var (x, y) = (a.Expanded([.. batch, m, k]).Doubles, b.Expanded([.. batch, k, n]).Doubles);
        var result = new double[Index.Count(batch) * m * n];
        for (var i = 0; i < result.Length; i++)
        {
            var (row, column) = (i / n, i % n);
            var matrix = row / m;
            double sum = 0;
            for (var j = 0; j < k; j++)
            {
                sum += x[(row * k) + j] * y[(((matrix * k) + j) * n) + column];
            }

            result[i] = alpha * sum;
        }

        return new(result, [.. batch, .. vectorA ? [] : new[] { m }, .. vectorB ? [] : new[] { n }]);
    }
}
