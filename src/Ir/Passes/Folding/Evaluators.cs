using OnnxPipeline.Ir.Inference;

namespace OnnxPipeline.Ir.Passes.Folding;

/// <summary>Operators that folding can compute. An evaluator gives null where it cannot.</summary>
internal static class Evaluators
{
    public static readonly Dictionary<string, Func<FoldedCall, Literal?>> Table = new()
    {
        ["Identity"] = c => c[0],
        ["Reshape"] = Laid,
        ["Squeeze"] = Laid,
        ["Unsqueeze"] = Laid,
        ["Flatten"] = Laid,
        ["Cast"] = Cast,
        ["Transpose"] = Transpose,
        ["Concat"] = Concat,
        ["Slice"] = Slice,
        ["Gather"] = Gather,
        ["Expand"] = c => c[0].Expanded(c.Dims),
        ["Tile"] = Tile,
        ["Range"] = Range,
        ["ConstantOfShape"] = ConstantOfShape,
        ["Trilu"] = Trilu,
        ["Add"] = c => Paired(c, (a, b) => a + b, (a, b) => a + b),
        ["Sub"] = c => Paired(c, (a, b) => a - b, (a, b) => a - b),
        ["Mul"] = c => Paired(c, (a, b) => a * b, (a, b) => a * b),
        ["Div"] = c => !c[1].IsReal && c[1].Wholes.Contains(0) ? null : Paired(c, DimMath.Quotient, (a, b) => a / b),
        ["Mod"] = c => c[0].IsReal || c.Node.Int("fmod", 0) != 0 || c[1].Wholes.Contains(0) ? null : Paired(c, (a, b) => a - (b * DimMath.FloorDiv(a, b)), (a, _) => a),
        ["Min"] = c => c.Inputs.Length == 2 ? Paired(c, Math.Min, Math.Min) : null,
        ["Max"] = c => c.Inputs.Length == 2 ? Paired(c, Math.Max, Math.Max) : null,
        ["Pow"] = c => c[0].IsReal ? Paired(c, (a, _) => a, Math.Pow) : null,
        ["Neg"] = c => Mapped(c, v => -v, v => -v),
        ["Abs"] = c => Mapped(c, DimMath.Abs, Math.Abs),
        ["Not"] = c => Mapped(c, v => 1 - v, v => v),
        ["Sqrt"] = c => Mapped(c, v => v, Math.Sqrt),
        ["Reciprocal"] = c => Mapped(c, v => v, v => 1 / v),
        ["Floor"] = c => Mapped(c, v => v, Math.Floor),
        ["Ceil"] = c => Mapped(c, v => v, Math.Ceiling),
        ["Equal"] = c => Compared(c, (a, b) => a == b),
        ["Less"] = c => Compared(c, (a, b) => a < b),
        ["LessOrEqual"] = c => Compared(c, (a, b) => a <= b),
        ["Greater"] = c => Compared(c, (a, b) => a > b),
        ["GreaterOrEqual"] = c => Compared(c, (a, b) => a >= b),
        ["And"] = c => Paired(c, (a, b) => a & b, (a, _) => a),
        ["Or"] = c => Paired(c, (a, b) => a | b, (a, _) => a),
        ["Xor"] = c => Paired(c, (a, b) => a ^ b, (a, _) => a),
        ["Where"] = Where,
    };

    private static Literal Laid(FoldedCall c) => c[0].Reshaped(c.Dims);

    private static Literal? Cast(FoldedCall c)
    {
        var x = c[0];
        if (Files.ElementTypes.IsFloat(c.Element))
        {
            return new(c.Element, c.Dims, x.IsReal ? x.Reals : Array.ConvertAll(x.Wholes, v => (double)v));
        }

        if (c.Element == Files.ElementType.Bool)
        {
            return new(c.Element, c.Dims, x.IsReal ? Array.ConvertAll(x.Reals, v => v != 0 ? 1L : 0L) : Array.ConvertAll(x.Wholes, v => v != 0 ? 1L : 0L));
        }

        // What does not fit differs from machine to machine.
        return x.IsReal && !Array.TrueForAll(x.Reals, v => Math.Abs(v) < int.MaxValue) ? null
            : new(c.Element, c.Dims, x.IsReal ? Array.ConvertAll(x.Reals, v => (long)v) : x.Wholes);
    }

    private static Literal Transpose(FoldedCall c)
    {
        var x = c[0];
        var perm = c.Node.Ints("perm") ?? [.. Enumerable.Range(0, x.Dims.Length).Reverse().Select(i => (long)i)];
        var strides = Literal.Strides(x.Dims);
        return x.Take(c.Dims, [.. Literal.Indices(c.Dims).Select(at => (int)at.Select((a, i) => a * strides[perm[i]]).Sum())]);
    }

    private static Literal Concat(FoldedCall c)
    {
        var axis = c.Axis(0);
        // Slabs: for each outer index, the inputs' parts one after the other.
        var outer = (int)c.Dims.Take(axis).Aggregate(1L, (n, d) => n * d);
        var parts = Enumerable.Range(0, outer).SelectMany(o => c.Inputs.Select(x => (Input: x!, Width: outer == 0 ? 0 : x!.Count / outer, Outer: o))).ToArray();
        return c[0].IsReal
            ? new(c.Element, c.Dims, [.. parts.SelectMany(p => p.Input.Reals.Skip(p.Outer * p.Width).Take(p.Width))])
            : new(c.Element, c.Dims, [.. parts.SelectMany(p => p.Input.Wholes.Skip(p.Outer * p.Width).Take(p.Width))]);
    }

    private static Literal Slice(FoldedCall c)
    {
        var x = c[0];
        var (starts, axes, steps) = (c.Ints("starts", 1)!, c.Ints("axes", 3), c.Optional(4)?.Wholes);
        var (first, every) = (new long[x.Dims.Length], Enumerable.Repeat(1L, x.Dims.Length).ToArray());
        for (var i = 0; i < starts.Length; i++)
        {
            var axis = axes is null ? i : axes[i] < 0 ? axes[i] + x.Dims.Length : axes[i];
            var size = x.Dims[axis];
            every[axis] = steps?[i] ?? 1;
            first[axis] = Math.Clamp(starts[i] < 0 ? starts[i] + size : starts[i], 0, every[axis] > 0 ? size : Math.Max(size - 1, 0));
        }

        var strides = Literal.Strides(x.Dims);
        return x.Take(c.Dims, [.. Literal.Indices(c.Dims).Select(at => (int)at.Select((a, i) => (first[i] + (a * every[i])) * strides[i]).Sum())]);
    }

    private static Literal? Gather(FoldedCall c)
    {
        var (x, indices) = (c[0], c[1]);
        var axis = c.Axis(0);
        var size = x.Dims[axis];
        if (!Array.TrueForAll(indices.Wholes, i => i >= -size && i < size))
        {
            return null; // a run will say so
        }

        var (strides, inner) = (Literal.Strides(x.Dims), Literal.Strides(indices.Dims));
        return x.Take(c.Dims, [.. Literal.Indices(c.Dims).Select(at =>
        {
            long place = 0, flat = 0;
            for (var i = 0; i < inner.Length; i++)
            {
                place += at[axis + i] * inner[i];
            }

            for (var i = 0; i < strides.Length; i++)
            {
                var chosen = indices.Wholes.Length == 0 ? 0 : indices.Wholes[place];
                flat += strides[i] * (i < axis ? at[i] : i > axis ? at[i + inner.Length - 1] : chosen < 0 ? chosen + size : chosen);
            }

            return (int)flat;
        })]);
    }

    private static Literal Tile(FoldedCall c)
    {
        var x = c[0];
        var strides = Literal.Strides(x.Dims);
        return x.Take(c.Dims, [.. Literal.Indices(c.Dims).Select(at => (int)at.Select((a, i) => a % x.Dims[i] * strides[i]).Sum())]);
    }

    private static Literal? Range(FoldedCall c) => c[0].IsReal ? null : new(c.Element, c.Dims, [.. Enumerable.Range(0, (int)c.Dims[0]).Select(i => c[0].Wholes[0] + (i * c[2].Wholes[0]))]);

    private static Literal? ConstantOfShape(FoldedCall c)
    {
        var value = c.Node.Attributes.GetValueOrDefault("value") is TensorAttribute tensor ? Literal.From(tensor.Value) : new(Files.ElementType.Float, [], new double[1]);
        return value?.Reshaped([]).Expanded(c.Dims);
    }

    private static Literal? Trilu(FoldedCall c)
    {
        if (c.Dims.Length < 2)
        {
            return null; // a run will say so
        }

        var (upper, k) = (c.Node.Int("upper", 1) != 0, c.Optional(1)?.Wholes[0] ?? 0);
        return new(c.Element, c.Dims, [.. Literal.Indices(c.Dims).Select((at, i) => (upper ? at[^1] - at[^2] >= k : at[^1] - at[^2] <= k) ? c[0].Wholes[i] : 0)]);
    }

    private static Literal Where(FoldedCall c)
    {
        var (condition, x, y) = (c[0].Expanded(c.Dims).Wholes, c[1].Expanded(c.Dims), c[2].Expanded(c.Dims));
        return x.IsReal
            ? new(c.Element, c.Dims, [.. condition.Select((v, i) => v != 0 ? x.Reals[i] : y.Reals[i])])
            : new(c.Element, c.Dims, [.. condition.Select((v, i) => v != 0 ? x.Wholes[i] : y.Wholes[i])]);
    }

    private static Literal Mapped(FoldedCall c, Func<long, long> whole, Func<double, double> real) => c[0].IsReal
        ? new(c.Element, c.Dims, Array.ConvertAll(c[0].Reals, v => real(v)))
        : new(c.Element, c.Dims, Array.ConvertAll(c[0].Wholes, v => whole(v)));

    private static Literal Paired(FoldedCall c, Func<long, long, long> whole, Func<double, double, double> real)
    {
        var (a, b) = (c[0].Expanded(c.Dims), c[1].Expanded(c.Dims));
        return a.IsReal
            ? new(c.Element, c.Dims, [.. a.Reals.Zip(b.IsReal ? b.Reals : Array.ConvertAll(b.Wholes, v => (double)v), real)])
            : new(c.Element, c.Dims, [.. a.Wholes.Zip(b.Wholes, whole)]);
    }

    private static Literal Compared(FoldedCall c, Func<double, double, bool> test)
    {
        var (a, b) = (c[0].Expanded(c.Dims), c[1].Expanded(c.Dims));
        return a.IsReal
            ? new(c.Element, c.Dims, [.. a.Reals.Zip(b.Reals, (x, y) => test(x, y) ? 1L : 0L)])
            : new(c.Element, c.Dims, [.. a.Wholes.Zip(b.Wholes, (x, y) => test(Math.Sign(x.CompareTo(y)), 0) ? 1L : 0L)]);
    }
}
