namespace OnnxPipeline.Reference.Ops;

internal static class Elementwise
{
    /// <summary>f of every element, computed in double; integers stay integers.</summary>
    public static Operator Unary(Func<double, double> f) => c =>
    {
        var results = Array.ConvertAll(c[0].ToDoubles(), v => f(v));
        return [new(c[0].Data is long[]? Array.ConvertAll(results, v => (long)v) : results, c[0].Dims)];
    };

    /// <summary>f with the attribute's value as its second argument.</summary>
    public static Operator Unary(string attribute, float fallback, Func<double, double, double> f) => c =>
    {
        var a = c.Float(attribute, fallback);
        return [new(Array.ConvertAll(c[0].Doubles, v => f(v, a)), c[0].Dims)];
    };

    public static Operator Binary(Func<double, double, double> f, Func<long, long, long> g) => c => [Combine(c[0], c[1], f, g)];

    /// <summary>Any number of inputs, from left to right.</summary>
    public static Operator Fold(Func<double, double, double> f, Func<long, long, long> g) =>
        c => [Enumerable.Range(1, c.Inputs - 1).Aggregate(c[0], (sum, i) => Combine(sum, c[i], f, g))];

    public static IReadOnlyList<Array64?> Mean(Call c)
    {
        var sum = Enumerable.Range(1, c.Inputs - 1).Aggregate(c[0], (sum, i) => Combine(sum, c[i], (a, b) => a + b, (a, b) => a + b));
        return [new(Array.ConvertAll(sum.Doubles, v => v / c.Inputs), sum.Dims)];
    }

    // The result has the type of the base, whatever the exponent's.
    public static IReadOnlyList<Array64?> Pow(Call c)
    {
        var result = Combine(new(c[0].ToDoubles(), c[0].Dims), new(c[1].ToDoubles(), c[1].Dims), Math.Pow, null!);
        return [c[0].Data is long[]? new(result.ToLongs(), result.Dims) : result];
    }

    // The sign of the divisor; fmod = 1: of the dividend
    public static IReadOnlyList<Array64?> Mod(Call c) => c.Int("fmod", 0) != 0
        ? [Combine(c[0], c[1], (a, b) => a % b, (a, b) => a % b)]
        : [Combine(c[0], c[1], (a, b) => a - (b * Math.Floor(a / b)), (a, b) => ((a % b) + b) % b)];

    public static Operator Compare(Func<double, double, bool> f, Func<long, long, bool> g) => c =>
    {
        var dims = Index.Broadcast(c[0].Dims, c[1].Dims);
        var (a, b) = (c[0].Expanded(dims), c[1].Expanded(dims));
        return a.Data is long[] x && b.Data is long[] y
            ? [new(x.Zip(y, g).ToArray(), dims)]
            : [new(a.ToDoubles().Zip(b.ToDoubles(), f).ToArray(), dims)];
    };

    public static Operator Logic(Func<bool, bool, bool> f) => c =>
    {
        var dims = Index.Broadcast(c[0].Dims, c[1].Dims);
        return [new(c[0].Expanded(dims).Bools.Zip(c[1].Expanded(dims).Bools, f).ToArray(), dims)];
    };

    public static IReadOnlyList<Array64?> Not(Call c) => [new(Array.ConvertAll(c[0].Bools, v => !v), c[0].Dims)];

    public static IReadOnlyList<Array64?> Where(Call c)
    {
        var dims = Index.Broadcast(c[0].Dims, c[1].Dims, c[2].Dims);
        var (condition, x, y) = (c[0].Expanded(dims).Bools, c[1].Expanded(dims), c[2].Expanded(dims));
        return x.Data switch
        {
            double[] data => [new(data.Select((v, i) => condition[i] ? v : y.Doubles[i]).ToArray(), dims)],
            long[] data => [new(data.Select((v, i) => condition[i] ? v : y.Longs[i]).ToArray(), dims)],
            _ => [new(x.Bools.Select((v, i) => condition[i] ? v : y.Bools[i]).ToArray(), dims)],
        };
    }

    public static IReadOnlyList<Array64?> Clip(Call c)
    {
        var x = c[0];
        x = c.Optional(1) is { } low ? Combine(x, low, Math.Max, Math.Max) : x;
        return [c.Optional(2) is { } high ? Combine(x, high, Math.Min, Math.Min) : x];
    }

    public static IReadOnlyList<Array64?> Cast(Call c) => [Converted(c[0], (Files.ElementType)c.Int("to", 0))];

    public static IReadOnlyList<Array64?> CastLike(Call c) => [Converted(c[0], c[1].Data switch
    {
        double[] => Files.ElementType.Double,
        long[] => Files.ElementType.Int64,
        _ => Files.ElementType.Bool,
    })];

    private static Array64 Converted(Array64 x, Files.ElementType to) => to switch
    {
        Files.ElementType.Bool => new(x.ToBools(), x.Dims),
        Files.ElementType.Float or Files.ElementType.Double or Files.ElementType.Float16 or Files.ElementType.BFloat16 => new(x.ToDoubles(), x.Dims),
        _ => new(x.ToLongs(), x.Dims),
    };

    private static Array64 Combine(Array64 a, Array64 b, Func<double, double, double> f, Func<long, long, long> g)
    {
        var dims = Index.Broadcast(a.Dims, b.Dims);
        (a, b) = (a.Expanded(dims), b.Expanded(dims));
        return a.Data is long[] x ? new(x.Zip(b.Longs, g).ToArray(), dims) : new(a.Doubles.Zip(b.Doubles, f).ToArray(), dims);
    }
}
