namespace OnnxPipeline.Reference.Ops;

/// <summary>Operators that make arrays out of numbers.</summary>
internal static class Generation
{
    public static IReadOnlyList<Array64?> Constant(Call c) =>
    [
        c.Tensor("value") is { } tensor ? Array64.From(tensor)
        : c.Has("value_int") ? Array64.Scalar(c.Int("value_int", 0))
        : c.Has("value_float") ? Array64.Scalar(c.Float("value_float", 0))
        : c.Ints("value_ints") is { } list ? Array64.Vector([.. list.Select(i => (long)i)])
        : c.Attributes.GetValueOrDefault("value_floats") is Ir.FloatsAttribute floats ? new(floats.Values.Select(v => (double)v).ToArray(), floats.Values.Count)
        : throw new ArgumentException("no value that the interpreter knows"),
    ];

    public static IReadOnlyList<Array64?> ConstantOfShape(Call c)
    {
        var value = c.Tensor("value") is { } tensor ? Array64.From(tensor) : Array64.Scalar(0.0);
        return [value.Reshaped().Expanded(c[0].Ints)];
    }

    public static IReadOnlyList<Array64?> Range(Call c)
    {
        var count = (int)Math.Max(0, Math.Ceiling((c[1].ToDoubles()[0] - c[0].ToDoubles()[0]) / c[2].ToDoubles()[0]));
        return c[0].Data is long[] first
            ? [new(Enumerable.Range(0, count).Select(i => first[0] + (i * c[2].Longs[0])).ToArray(), count)]
            : [new(Enumerable.Range(0, count).Select(i => c[0].Doubles[0] + (i * c[2].Doubles[0])).ToArray(), count)];
    }

    // values = [off, on]; an index outside [−depth, depth) gives off everywhere
    public static IReadOnlyList<Array64?> OneHot(Call c)
    {
        var (indices, depth) = (c[0], (int)c[1].ToLongs()[0]);
        var axis = Index.Axis(c.Int("axis", -1), indices.Rank + 1);
        var strides = Index.Strides(indices.Dims);
        var chosen = indices.ToLongs();
        return [c[2].Pick([.. indices.Dims[..axis], depth, .. indices.Dims[axis..]], at =>
        {
            var index = chosen[Index.Flat([.. at[..axis], .. at[(axis + 1)..]], strides)];
            return (index < 0 ? index + depth : index) == at[axis] ? 1 : 0;
        })];
    }

    public static IReadOnlyList<Array64?> EyeLike(Call c)
    {
        var k = c.Int("k", 0);
        var ones = Index.All(c[0].Dims).Select(at => at[1] - at[0] == k ? 1.0 : 0.0).ToArray();
        var real = c.Has("dtype") ? Files.ElementTypes.IsFloat((Files.ElementType)c.Int("dtype", 1)) : c[0].Data is double[];
        return [real ? new(ones, c[0].Dims) : new(Array.ConvertAll(ones, v => (long)v), c[0].Dims)];
    }
}
