namespace OnnxPipeline.Reference.Ops;

internal static class Normalizations
{
    public static IReadOnlyList<Array64?> Softmax(Call c) => Elementwise.Unary(Math.Exp)(new(c.Node, LogSoftmax(c), c.Attributes));

    public static IReadOnlyList<Array64?> LogSoftmax(Call c) => [LogSoftmax(c[0], Index.Axis(c.Int("axis", -1), c[0].Rank))];

    public static Array64 LogSoftmax(Array64 x, int axis)
    {
        var (values, strides) = (x.Doubles, Index.Strides(x.Dims));
        var result = new double[x.Count];
        foreach (var index in Index.All(Index.With(x.Dims, axis, 1)))
        {
            var start = Index.Flat(index, strides);
            var places = Enumerable.Range(0, x.Dims[axis]).Select(i => start + (i * strides[axis])).ToArray();
            var norm = Reductions.LogSumExp([.. places.Select(p => values[p])]);
            foreach (var place in places)
            {
                result[place] = values[place] - norm;
            }
        }

        return new(result, x.Dims);
    }

    // (x − mean)/√(variance + ε)·scale + bias; also mean and 1/√(variance + ε), their normalized dimensions 1
    public static IReadOnlyList<Array64?> LayerNormalization(Call c) =>
        LayerNormalization(c[0], c[1], c.Optional(2), Index.Axis(c.Int("axis", -1), c[0].Rank), c.Float("epsilon", 1e-5f));

    // x/√(mean x² + ε)·scale; also 1/√(mean x² + ε), its normalized dimensions 1
    public static IReadOnlyList<Array64?> SimplifiedLayerNormalization(Call c) =>
        RootMeanSquare(c[0], c[1], Index.Axis(c.Int("axis", -1), c[0].Rank), c.Float("epsilon", 1e-5f));

    public static IReadOnlyList<Array64?> RMSNormalization(Call c) => [SimplifiedLayerNormalization(c)[0]];

    // LayerNormalization over the last axis of x + skip + bias; the sum as the fourth result
    public static IReadOnlyList<Array64?> SkipLayerNormalization(Call c)
    {
        var sum = Sum(c, c.Optional(4));
        return [.. LayerNormalization(sum, c[2], c.Optional(3), sum.Rank - 1, c.Float("epsilon", 1e-12f)), sum];
    }

    // The same without a mean
    public static IReadOnlyList<Array64?> SkipSimplifiedLayerNormalization(Call c)
    {
        var sum = Sum(c, c.Optional(3));
        var results = RootMeanSquare(sum, c[2], sum.Rank - 1, c.Float("epsilon", 1e-12f));
        return [results[0], null, results[1], sum];
    }

    // x/(Σ|x|^p)^(1/p), 0 where that is 0
    public static IReadOnlyList<Array64?> LpNormalization(Call c)
    {
        var (x, p) = (c[0], c.Int("p", 2));
        var axis = Index.Axis(c.Int("axis", -1), x.Rank);
        var (kept, strides) = (Index.With(x.Dims, axis, 1), Index.Strides(x.Dims));
        var y = new double[x.Count];
        foreach (var index in Index.All(kept))
        {
            var places = Enumerable.Range(0, x.Dims[axis]).Select(i => Index.Flat(index, strides) + (i * strides[axis])).ToArray();
            var norm = Math.Pow(places.Sum(at => Math.Pow(Math.Abs(x.Doubles[at]), p)), 1.0 / p);
            foreach (var at in places)
            {
                y[at] = norm == 0 ? 0 : x.Doubles[at] / norm;
            }
        }

        return [new(y, x.Dims)];
    }

    private static Array64 Sum(Call c, Array64? bias) =>
        new[] { c[1], bias }.OfType<Array64>().Aggregate(c[0], (sum, more) => new(sum.Doubles.Zip(more.Expanded(sum.Dims).Doubles, (a, b) => a + b).ToArray(), sum.Dims));

    private static Array64[] LayerNormalization(Array64 x, Array64 scale, Array64? bias, int axis, double epsilon)
    {
        var width = Index.Count(x.Dims.AsSpan(axis));
        int[] outer = [.. x.Dims[..axis], .. Enumerable.Repeat(1, x.Rank - axis)];
        var means = new double[Index.Count(outer)];
        var moved = new double[x.Count];
        for (var at = 0; at < x.Count; at++)
        {
            means[at / width] += x.Doubles[at] / width;
        }

        for (var at = 0; at < x.Count; at++)
        {
            moved[at] = x.Doubles[at] - means[at / width];
        }

        var scaled = RootMeanSquare(new(moved, x.Dims), scale, axis, epsilon);
        var added = bias?.Expanded(x.Dims).Doubles;
        return [added is null ? scaled[0] : new(scaled[0].Doubles.Zip(added, (a, b) => a + b).ToArray(), x.Dims), new(means, outer), scaled[1]];
    }

    private static Array64[] RootMeanSquare(Array64 x, Array64 scale, int axis, double epsilon)
    {
        var factors = scale.Expanded(x.Dims).Doubles;
        var width = Index.Count(x.Dims.AsSpan(axis));
        int[] outer = [.. x.Dims[..axis], .. Enumerable.Repeat(1, x.Rank - axis)];
        var inverses = Enumerable.Range(0, Index.Count(outer)).Select(row => 1 / Math.Sqrt(x.Doubles[(row * width)..((row + 1) * width)].Average(v => v * v) + epsilon)).ToArray();
        return [new(x.Doubles.Select((v, at) => v * inverses[at / width] * factors[at]).ToArray(), x.Dims), new(inverses, outer)];
    }

    // Only what is no choice of chance: not training, or ratio 0
    public static IReadOnlyList<Array64?> Dropout(Call c)
    {
        var ratio = c.Optional(1)?.ToDoubles()[0] ?? 0.5;
        if (c.Optional(2)?.Bools[0] == true && ratio != 0)
        {
            throw new NotSupportedException($"{c.Node.Describe()}: the interpreter has no random numbers; use ratio 0, or ai.onnxpipeline::Dropout.");
        }

        return [c[0], new(Enumerable.Repeat(true, c[0].Count).ToArray(), c[0].Dims)];
    }
}
