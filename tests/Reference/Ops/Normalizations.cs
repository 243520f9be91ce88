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
    public static IReadOnlyList<Array64?> LayerNormalization(Call c)
    {
        var x = c[0];
        var axis = Index.Axis(c.Int("axis", -1), x.Rank);
        var epsilon = c.Float("epsilon", 1e-5f);
        var (scale, bias) = (c[1].Expanded(x.Dims).Doubles, c.Optional(2)?.Expanded(x.Dims).Doubles);
        var width = Index.Count(x.Dims.AsSpan(axis));
        int[] outer = [.. x.Dims[..axis], .. Enumerable.Repeat(1, x.Rank - axis)];
        var (y, means, inverses) = (new double[x.Count], new double[Index.Count(outer)], new double[Index.Count(outer)]);
        for (var row = 0; row < means.Length; row++)
        {
            var values = x.Doubles.AsSpan(row * width, width).ToArray();
            means[row] = values.Average();
            inverses[row] = 1 / Math.Sqrt(values.Average(v => (v - means[row]) * (v - means[row])) + epsilon);
            for (var i = 0; i < width; i++)
            {
                var at = (row * width) + i;
                y[at] = ((values[i] - means[row]) * inverses[row] * scale[at]) + (bias?[at] ?? 0);
            }
        }

        return [new(y, x.Dims), new(means, outer), new(inverses, outer)];
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
