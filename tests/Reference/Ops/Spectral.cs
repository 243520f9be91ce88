namespace OnnxPipeline.Reference.Ops;

internal static class Spectral
{
    // Σ x·exp(∓2πi·jk/n) along an axis (attribute, or input 2; else the last before the pairs), inverse over n
    public static IReadOnlyList<Array64?> Dft(Call c)
    {
        var x = c[0];
        var axis = Index.Axis(c.Optional(2)?.Longs[0] ?? c.Int("axis", -2), x.Rank);
        var (inverse, complex, own) = (c.Int("inverse", 0) != 0, x.Dims[^1] == 2, x.Dims[axis]);
        var n = c.Optional(1)?.Ints[0] ?? own;
        var dims = Index.With(Index.With(x.Dims, x.Rank - 1, 2), axis, c.Int("onesided", 0) == 0 ? n : (n / 2) + 1);
        var strides = Index.Strides(x.Dims);
        var y = Index.All(dims).Select(at =>
        {
            var start = Index.Flat(Index.With(Index.With(at, axis, 0), x.Rank - 1, 0), strides);
            double sum = 0;
            for (var j = 0; j < Math.Min(n, own); j++)
            {
                var (sin, cos) = Math.SinCos((inverse ? 2 : -2) * Math.PI * j * at[axis] / n);
                var place = start + (j * strides[axis]);
                var (real, imaginary) = (x.Doubles[place], complex ? x.Doubles[place + 1] : 0);
                sum += at[^1] == 0 ? (real * cos) - (imaginary * sin) : (real * sin) + (imaginary * cos);
            }

            return inverse ? sum / n : sum;
        }).ToArray();
        return [new(y, dims)];
    }
}
