namespace OnnxPipeline.Reference.Ops;

/// <summary>Attention and rotary embeddings, ONNX's and Microsoft's. Arrays inside are [batch, heads, length, width].</summary>
internal static class Attentions
{
    // ONNX: (q, k, v, mask, past key, past value, lengths) → (y, present key, present value, scores)
    public static IReadOnlyList<Array64?> Attention(Call c)
    {
        var flat = c.Int("q_num_heads", 0) > 0;
        var (q, k, v) = (Heads(c[0], c.Int("q_num_heads", 0)), Heads(c[1], c.Int("kv_num_heads", 0)), Heads(c[2], c.Int("kv_num_heads", 0)));
        var past = c.Optional(4)?.Dims[2] ?? 0;
        (k, v) = (After(c.Optional(4), k), After(c.Optional(5), v));
        var (mask, lengths) = (c.Optional(3), c.Optional(6)?.Ints);
        var (queries, left, right) = (q.Dims[2], c.Int("left_window_size", -1), c.Int("right_window_size", -1));
        double Added(int batch, int head, int i, int j)
        {
            var place = i + (lengths is not null ? lengths[batch] - queries : past);
            if (lengths is not null && j >= lengths[batch] || c.Int("is_causal", 0) != 0 && j > place || left >= 0 && j < place - left || right >= 0 && j > place + right)
            {
                return double.NegativeInfinity;
            }

            return mask is null ? 0
                : j >= mask.Dims[^1] && mask.Dims[^1] > 1 ? double.NegativeInfinity
                : mask.Data is bool[] seen ? seen[Broadcast(mask.Dims, batch, head, i, j)] ? 0 : double.NegativeInfinity
                : mask.Doubles[Broadcast(mask.Dims, batch, head, i, j)];
        }

        var scale = c.Has("scale") ? c.Float("scale", 1) : 1 / Math.Sqrt(q.Dims[3]);
        var y = Attended(q, k, v, scale, c.Float("softcap", 0), Added);
        return [flat ? Joined(y) : y, k, v];
    }

    // com.microsoft: (query, key, value, bias, mask, attention_bias, past key, past value) → (y, present key, present value)
    public static IReadOnlyList<Array64?> MultiHeadAttention(Call c)
    {
        var (heads, q, k, v) = (c.Int("num_heads", 0), c[0], c.Optional(1), c.Optional(2));
        if (k is null)
        {
            (q, k, v) = (Part(q, 0), Part(q, 1), Part(q, 2));
        }
        else if (v is null)
        {
            (k, v) = (Part(k, 0), Part(k, 1));
        }

        if (c.Optional(3) is { } bias)
        {
            var (own, all) = (q.Dims[2], bias.Doubles);
            (q, k, v) = (Biased(q, all[..own]), Biased(k, all[own..(2 * own)]), Biased(v!, all[(2 * own)..]));
        }

        (q, k, v) = (Heads(q, heads), Heads(k, k.Rank == 4 ? 0 : heads), Heads(v!, v!.Rank == 4 ? 0 : heads));
        (k, v) = (After(c.Optional(6), k), After(c.Optional(7), v));
        return [Microsoft(c, q, k, v, c.Optional(4), c.Optional(5), c.Optional(6)?.Dims[2] ?? 0), k, v];
    }

    // com.microsoft: (x, weights, bias, mask, past, attention_bias) → (y, present)
    public static IReadOnlyList<Array64?> MicrosoftAttention(Call c)
    {
        var (heads, all) = (c.Int("num_heads", 0), Products.Product(c[0], c[1], 1));
        all = c.Optional(2) is { } bias ? Biased(all, bias.Doubles) : all;
        var sizes = c.Ints("qkv_hidden_sizes") ?? [.. Enumerable.Repeat(all.Dims[2] / 3, 3)];
        var strides = Index.Strides(all.Dims);
        Array64 Cut(int from, int size) => Heads(all.Pick([all.Dims[0], all.Dims[1], size], at => Index.Flat([at[0], at[1], at[2] + from], strides)), heads);
        var (q, k, v) = (Cut(0, sizes[0]), Cut(sizes[0], sizes[1]), Cut(sizes[0] + sizes[1], sizes[2]));
        var past = c.Optional(4);
        if (past is not null)
        {
            (k, v) = (After(Selection.Row(past, 0), k), After(Selection.Row(past, 1), v));
        }

        return [Microsoft(c, q, k, v, c.Optional(3), c.Optional(5), past?.Dims[3] ?? 0), k.Dims.SequenceEqual(v.Dims) ? Movement.Stacked([k, v]) : null];
    }

    // com.microsoft, without a past: (query, key, value, -, -, lengths − 1, longest, cos, sin, positions, attention_bias) → (y, present key, present value)
    public static IReadOnlyList<Array64?> GroupQueryAttention(Call c)
    {
        var (heads, own) = ((int)c.Int("num_heads", 0), (int)c.Int("kv_num_heads", 0));
        Array64 q, k, v;
        if (c.Optional(1) is { } separate)
        {
            (q, k, v) = (Heads(c[0], heads), Heads(separate, own), Heads(c[2], own));
        }
        else
        {
            var all = Heads(c[0], heads + (2 * own));
            var strides = Index.Strides(all.Dims);
            Array64 Cut(int from, int count) => all.Pick(Index.With(all.Dims, 1, count), at => Index.Flat([at[0], at[1] + from, at[2], at[3]], strides));
            (q, k, v) = (Cut(0, heads), Cut(heads, own), Cut(heads + own, own));
        }

        if (c.Int("do_rotary", 0) != 0)
        {
            Array64 Turn(Array64 x) => Turned(x, c[7], c[8], (batch, i) => c.Optional(9) is { } places ? (int)places.Longs[(batch * x.Dims[2]) + i] : i, 2 * c[7].Dims[1], c.Int("rotary_interleaved", 0) != 0);
            (q, k) = (Turn(q), Turn(k));
        }

        var (bias, window) = (c.Optional(10), c.Int("local_window_size", -1));
        double Added(int batch, int head, int i, int j) =>
            j > i || window > 0 && j <= i - window ? double.NegativeInfinity : bias is null ? 0 : bias.Doubles[Broadcast(bias.Dims, batch, head, i, j)];
        var scale = c.Float("scale", 0) is not 0 and var given ? given : 1 / Math.Sqrt(q.Dims[3]);
        return [Joined(Attended(q, k, v, scale, c.Float("softcap", 0), Added)), k, v];
    }

    // ONNX: (x, cos, sin, positions), tables by position, or by row and place where there are no positions
    public static IReadOnlyList<Array64?> RotaryEmbedding(Call c)
    {
        var (x, cos, sin, flat) = (c[0], c[1], c[2], c[0].Rank == 3);
        var own = Heads(x, flat ? c.Int("num_heads", 0) : 0);
        var length = own.Dims[2];
        Array64 Table(Array64 table) => table.Rank == 2 ? table : table.Reshaped(table.Dims[0] * table.Dims[1], table.Dims[2]);
        var part = (int)c.Int("rotary_embedding_dim", 0);
        var y = Turned(own, Table(cos), Table(sin), (batch, i) => c.Optional(3) is { } places ? (int)places.Longs[(batch * length) + i] : (batch * length) + i, part > 0 ? part : own.Dims[3], c.Int("interleaved", 0) != 0);
        return [flat ? Joined(y) : y];
    }

    // com.microsoft: (x, positions of every token or one to begin with, cos, sin)
    public static IReadOnlyList<Array64?> MicrosoftRotaryEmbedding(Call c)
    {
        var (x, places, flat) = (c[0], c[1], c[0].Rank == 3);
        var heads = c.Int("num_heads", 0);
        var own = Heads(x, !flat ? 0 : heads > 0 ? heads : x.Dims[2] / (2 * c[2].Dims[1]));
        var length = own.Dims[2];
        var part = (int)c.Int("rotary_embedding_dim", 0);
        var y = Turned(own, c[2], c[3], (batch, i) => (int)(places.Rank == 2 ? places.Longs[(batch * length) + i] : places.Longs[0] + i), part > 0 ? part : own.Dims[3], c.Int("interleaved", 0) != 0);
        return [flat ? Joined(y) : y];
    }

    /// <summary>Masks as the operators of domain com.microsoft take them.</summary>
    private static Array64 Microsoft(Call c, Array64 q, Array64 k, Array64 v, Array64? mask, Array64? bias, int past)
    {
        var (causal, batches, queries, keys) = (c.Int("unidirectional", 0) != 0, q.Dims[0], q.Dims[2], k.Dims[2]);
        bool Seen(int batch, int i, int j) => mask!.Rank switch
        {
            1 => j < mask.Longs[batch] && (mask.Count != 2 * batches || j >= mask.Longs[batch + batches]),
            2 => mask.Longs[(batch * keys) + j] > 0,
            _ => mask.Longs[(((batch * queries) + i) * keys) + j] > 0,
        };
        double Added(int batch, int head, int i, int j) => causal && j > i + past ? double.NegativeInfinity
            : (bias is null ? 0 : bias.Doubles[Broadcast(bias.Dims, batch, head, i, j)]) + (mask is null || Seen(batch, i, j) ? 0 : c.Float("mask_filter_value", -10000));
        var scale = c.Float("scale", 0) is not 0 and var given ? given : 1 / Math.Sqrt(q.Dims[3]);
        return Joined(Attended(q, k, v, scale, 0, Added));
    }

    /// <summary>softmax(softcap(q·kᵀ·scale) + added)·v; a query that sees nothing gives 0. Several heads of queries share one of keys where there are fewer of these.</summary>
    private static Array64 Attended(Array64 q, Array64 k, Array64 v, double scale, double cap, Func<int, int, int, int, double> added)
    {
        var (heads, queries, keys, width, wide, share) = (q.Dims[1], q.Dims[2], k.Dims[2], q.Dims[3], v.Dims[3], q.Dims[1] / k.Dims[1]);
        var result = new double[q.Dims[0] * heads * queries * wide];
        for (var row = 0; row < q.Dims[0] * heads * queries; row++)
        {
            var (batch, head, i) = (row / (heads * queries), row / queries % heads, row % queries);
            var start = ((batch * k.Dims[1]) + (head / share)) * keys;
            var scores = Enumerable.Range(0, keys).Select(j =>
            {
                var product = scale * Enumerable.Range(0, width).Sum(n => q.Doubles[(row * width) + n] * k.Doubles[((start + j) * width) + n]);
                return (cap > 0 ? cap * Math.Tanh(product / cap) : product) + added(batch, head, i, j);
            }).ToArray();
            var highest = scores.Max();
            var weights = Array.ConvertAll(scores, s => double.IsNegativeInfinity(highest) ? 0 : Math.Exp(s - highest));
            var total = weights.Sum();
            for (var n = 0; n < wide && total > 0; n++)
            {
                result[(row * wide) + n] = Enumerable.Range(0, keys).Sum(j => weights[j] / total * v.Doubles[((start + j) * wide) + n]);
            }
        }

        return new(result, q.Dims[0], heads, queries, wide);
    }

    private static Array64 Turned(Array64 x, Array64 cos, Array64 sin, Func<int, int, int> place, int part, bool interleaved)
    {
        var (result, half, width) = ((double[])x.Doubles.Clone(), part / 2, x.Dims[3]);
        for (var row = 0; row < x.Count / width; row++)
        {
            var at = place(row / (x.Dims[1] * x.Dims[2]), row % x.Dims[2]) * cos.Dims[1];
            for (var i = 0; i < half; i++)
            {
                var (first, second) = interleaved ? (2 * i, (2 * i) + 1) : (i, i + half);
                var (a, b, c, s) = (x.Doubles[(row * width) + first], x.Doubles[(row * width) + second], cos.Doubles[at + i], sin.Doubles[at + i]);
                result[(row * width) + first] = (c * a) - (s * b);
                result[(row * width) + second] = (s * a) + (c * b);
            }
        }

        return new(result, x.Dims);
    }

    /// <summary>[batch, length, heads·width] → [batch, heads, length, width]; with 0 heads it is so already.</summary>
    private static Array64 Heads(Array64 x, long heads) =>
        heads == 0 ? x : Movement.Permuted(x.Reshaped(x.Dims[0], x.Dims[1], (int)heads, x.Dims[2] / (int)heads), [0, 2, 1, 3]);

    private static Array64 Joined(Array64 x) => Movement.Permuted(x, [0, 2, 1, 3]).Reshaped(x.Dims[0], x.Dims[2], x.Dims[1] * x.Dims[3]);

    /// <summary>Entry <paramref name="which"/> of axis 3 of [batch, length, heads, count, width]: [batch, length, heads·width].</summary>
    private static Array64 Part(Array64 packed, int which)
    {
        var (strides, own, width) = (Index.Strides(packed.Dims), packed.Dims[2], packed.Dims[4]);
        return packed.Pick([packed.Dims[0], packed.Dims[1], own * width], at => Index.Flat([at[0], at[1], at[2] / width, which, at[2] % width], strides));
    }

    private static Array64 Biased(Array64 x, double[] bias) => new(x.Doubles.Select((v, i) => v + bias[i % bias.Length]).ToArray(), x.Dims);

    /// <summary>The past, then what is new, along axis 2.</summary>
    private static Array64 After(Array64? past, Array64 x)
    {
        if (past is null)
        {
            return x;
        }

        var (before, strides, own) = (past.Dims[2], Index.Strides(past.Dims), Index.Strides(x.Dims));
        var dims = Index.With(x.Dims, 2, before + x.Dims[2]);
        return new(Index.All(dims).Select(at => at[2] < before ? past.Doubles[Index.Flat(at, strides)] : x.Doubles[Index.Flat(Index.With(at, 2, at[2] - before), own)]).ToArray(), dims);
    }

    /// <summary>Where [batch, head, query, key] is in an array that broadcasts to that.</summary>
    private static int Broadcast(int[] dims, params int[] at) =>
        Index.Flat([.. dims.Select((d, i) => d == 1 ? 0 : at[i + 4 - dims.Length])], Index.Strides(dims));
}
