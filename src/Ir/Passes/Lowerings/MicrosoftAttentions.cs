using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Passes.Lowerings;

/// <summary>
/// The attention operators of domain com.microsoft, which the fusions of ONNX Runtime and Optimum write: softmax(q·kᵀ·scale + bias + mask)·v. A mask adds
/// mask_filter_value, so that a row of which all is masked looks at everything; what causal order forbids is the lowest number.
/// </summary>
internal static class MicrosoftAttentions
{
    // (query, key, value, bias, key_padding_mask, attention_bias, past_key, past_value, past_sequence_length, …) → (y, present key, present value, q·kᵀ)
    public static void MultiHeadAttention(Node node, GraphBuilder b)
    {
        Refuse(node, node.Input(8) is not null || node.Input(9) is not null, "a cache in a buffer of its own (past_sequence_length)");
        Refuse(node, IsUsed(node, 3), "its output of scores");
        var heads = node.Int("num_heads", 0);
        var (query, key, value) = Separate(node, b, heads);
        if (node.Input(3) is { } bias)
        {
            var parts = b.Split(bias, Sizes(b, query, key, value), 3, 0);
            (query, key, value) = (b.Add(query, parts[0]), b.Add(key, parts[1]), b.Add(value, parts[2]));
        }

        Value Own(Value x) => Rank(node, x) == 3 ? Attentions.Heads(b, x, heads) : x;
        (query, key, value) = (Own(query), Own(key), Own(value));
        var past = node.Input(6);
        if (past is not null)
        {
            (key, value) = (b.Concat(2, past, key), b.Concat(2, Rewriting.Required(node, 7), value)); // [batch, heads, past + length, width]
        }

        Present(node, b, 1, key);
        Present(node, b, 2, value);
        var mask = Mask(node, b, node.Input(4), query, key, starts: false);
        NewerOperators.Replace(node, Attended(node, b, query, key, value, node.Input(5), mask, Causal(node, b, query, key, past)));
    }

    // (x [batch, length, in], weights [in, q + k + v], bias, mask_index, past, attention_bias, past_sequence_length) → (y, present)
    public static void Attention(Node node, GraphBuilder b)
    {
        Refuse(node, node.Int("do_rotary", 0) != 0, "do_rotary");
        Refuse(node, node.Int("past_present_share_buffer", 0) != 0 || node.Input(6) is not null, "a cache in a buffer of its own (past_sequence_length)");
        var (heads, weights) = (node.Int("num_heads", 0), node.Inputs[1]!);
        var all = b.MatMul(node.Inputs[0]!, weights);
        all = node.Input(2) is { } bias ? b.Add(all, bias) : all;
        var sizes = node.Ints("qkv_hidden_sizes") is { } given ? [.. given]
            : weights.Shape is { Rank: 2 } shape && shape[1].IsKnown ? Enumerable.Repeat(shape[1].Value / 3, 3).ToArray() : null;
        var parts = sizes is not null ? b.Split(all, b.Constant(sizes), 3, -1) : b.Ops("Split", [all], 3, [("axis", -1), ("num_outputs", 3)]).Outputs;
        var (query, key, value) = (Attentions.Heads(b, parts[0], heads), Attentions.Heads(b, parts[1], heads), Attentions.Heads(b, parts[2], heads));
        var past = node.Input(4); // [2, batch, heads, past, width]
        if (past is not null)
        {
            Value Kept(long which) => b.Gather(past, b.Constant(Tensor.Scalar(which)));
            (key, value) = (b.Concat(2, Kept(0), key), b.Concat(2, Kept(1), value));
            past = Kept(0);
        }

        if (IsUsed(node, 1))
        {
            NewerOperators.Give(node, 1, b.Concat(0, b.Unsqueeze(key, 0), b.Unsqueeze(value, 0)));
        }

        var mask = Mask(node, b, node.Input(3), query, key, starts: true);
        NewerOperators.Replace(node, Attended(node, b, query, key, value, node.Input(5), mask, Causal(node, b, query, key, past)));
    }

    // (query, key, value, past key, past value, lengths − 1, longest, cos, sin, positions, attention_bias, head_sink) → (y, present key, present value, q·kᵀ)
    public static void GroupQueryAttention(Node node, GraphBuilder b)
    {
        Refuse(node, node.Input(3) is { } cache && !(cache.Shape is { Rank: 4 } old && old[2].Is(0)), "keys and values of the past");
        Refuse(node, node.Int("smooth_softmax", 0) == 1 || node.Input(11) is not null, "smooth_softmax and head_sink");
        Refuse(node, IsUsed(node, 3), "its output of scores");
        var (heads, own) = (node.Int("num_heads", 0), node.Int("kv_num_heads", 0));
        Value query, key, value;
        if (node.Input(1) is { } separate)
        {
            (query, key, value) = (Attentions.Heads(b, node.Inputs[0]!, heads), Attentions.Heads(b, separate, own), Attentions.Heads(b, node.Inputs[2]!, own));
        }
        else
        {
            var parts = b.Split(Attentions.Heads(b, node.Inputs[0]!, heads + (2 * own)), b.Constant(heads, own, own), 3, 1);
            (query, key, value) = (parts[0], parts[1], parts[2]);
        }

        if (node.Int("do_rotary", 0) != 0)
        {
            var (cos, sin) = (node.Inputs[7]!, node.Inputs[8]!);
            var part = Part(node, cos, query.Shape is { Rank: 4 } shape ? shape[3] : Dim.Unknown);
            var places = node.Input(9) is { } given ? b.Unsqueeze(given, 1) : Attentions.Places(b, query, 2); // [batch, 1, length] or [length]
            Value Angles(Value table) => Attentions.Rows(b, table, places);
            Value Turned(Value x) => Attentions.Turned(b, x, Angles(cos), Angles(sin), part, node.Int("rotary_interleaved", 0) != 0);
            (query, key) = (Turned(query), Turned(key));
        }

        Present(node, b, 1, key);
        Present(node, b, 2, value);
        (key, value) = (Attentions.Repeated(b, key, heads, own), Attentions.Repeated(b, value, heads, own));
        NewerOperators.Replace(node, Attended(node, b, query, key, value, node.Input(10), null, Window(node, b, query, key)));
    }

    // (x, positions, cos, sin): x [batch, length, heads·width] or [batch, heads, length, width]; positions of every token, or one to begin with
    public static void RotaryEmbedding(Node node, GraphBuilder b)
    {
        Refuse(node, node.Float("scale", 1) != 1, $"scale {node.Float("scale", 1)}, which ONNX Runtime's kernels pass over");
        var (x, positions, cos, sin) = (node.Inputs[0]!, node.Inputs[1]!, node.Inputs[2]!, node.Inputs[3]!);
        var (flat, heads) = (Rank(node, x) == 3, node.Int("num_heads", 0));
        if (flat && heads == 0)
        {
            var half = cos.Shape is { Rank: 2 } table && table[1].IsKnown ? table[1].Value
                : throw new IrException($"{node.Describe()}: without num_heads the sizes of '{cos.Name}' have to be known. Make it an initializer, or write num_heads.");
            x = b.Reshape(x, 0, 0, -1, 2 * half); // [batch, length, heads, width]
        }
        else if (flat)
        {
            x = b.Reshape(x, 0, 0, heads, -1); // [batch, length, heads, width]
        }

        var each = Rank(node, positions) == 2; // [batch, length], else one number
        var places = each ? positions : b.Add(Attentions.Places(b, x, flat ? 1 : 2), positions);
        Value Angles(Value table) => b.Unsqueeze(Attentions.Rows(b, table, places), (flat ? 1 : 0) + (each ? 1 : 0)); // a 1 for the axis of heads
        var turned = Attentions.Turned(b, x, Angles(cos), Angles(sin), node.Int("rotary_embedding_dim", 0), node.Int("interleaved", 0) != 0);
        NewerOperators.Replace(node, flat ? b.Reshape(turned, 0, 0, -1) : turned);
    }

    private static Value Attended(Node node, GraphBuilder b, Value query, Value key, Value value, Value? bias, Value? mask, Value? allowed)
    {
        var scale = node.Float("scale", 0) is not 0 and var given ? b.ConstantLike(query, given) : Attentions.OfWidth(b, query);
        var scores = b.MatMul(b.Mul(query, scale), b.Transpose(key, 0, 1, 3, 2)); // [batch, heads, queries, keys]
        if (node.Float("softcap", 0) is > 0 and var cap)
        {
            scores = b.Mul(b.Tanh(b.Div(scores, b.ConstantLike(query, cap))), b.ConstantLike(query, cap));
        }

        scores = bias is null ? scores : b.Add(scores, bias);
        scores = mask is null ? scores : b.Add(scores, mask);
        scores = allowed is null ? scores : b.Where(allowed, scores, b.ConstantLike(query, Attentions.Lowest(query.Element)));
        var mixed = b.MatMul(b.Softmax(scores), value); // [batch, heads, queries, width]
        return b.Reshape(b.Transpose(mixed, 0, 2, 1, 3), 0, 0, -1); // [batch, queries, heads·width]
    }

    /// <summary>Query, key and value, which may come in one tensor or two: [batch, length, heads·width], or [batch, heads, length, width] of those that do.</summary>
    private static (Value Query, Value Key, Value Value) Separate(Node node, GraphBuilder b, long heads)
    {
        var query = node.Inputs[0]!;
        if (node.Input(1) is not { } key)
        {
            Refuse(node, Rank(node, query) != 5, "a query alone that is not [batch, length, heads, 3, width]");
            var three = Flat(query, 3);
            return (three[0], three[1], three[2]);
        }

        if (node.Input(2) is { } value)
        {
            return (query, key, value);
        }

        Refuse(node, Rank(node, key) != 5, "a key without value that is not [batch, length, heads, 2, width]");
        var two = Flat(key, 2);
        return (query, two[0], two[1]);

        // [batch, length, heads, count, width] → count times [batch, length, heads·width]
        Value[] Flat(Value packed, int count) => [.. Enumerable.Range(0, count).Select(i => b.Reshape(b.Gather(packed, b.Constant(Tensor.Scalar((long)i)), 3), 0, 0, -1))];
    }

    private static Value Sizes(GraphBuilder b, params Value[] values) => Array.TrueForAll(values, v => v.Shape is { Rank: 3 } shape && shape[2].IsKnown)
        ? b.Constant([.. values.Select(v => v.Shape![2].Value)])
        : b.Concat(0, [.. values.Select(v => b.Shape(v, 2, 3))]);

    /// <summary>What a mask of integers adds to the scores: [batch, 1, 1 or queries, keys]; one axis is where the keys of a row end and, of twice the batch, begin.</summary>
    private static Value? Mask(Node node, GraphBuilder b, Value? mask, Value query, Value key, bool starts)
    {
        if (mask is null)
        {
            return null;
        }

        var rank = Rank(node, mask);
        Refuse(node, rank > 3, $"a mask of rank {rank}");
        Value seen;
        if (rank == 1)
        {
            var (batch, length) = (query.Shape?[0] ?? Dim.Unknown, mask.Shape![0]);
            var twice = batch.IsKnown && length.IsKnown && length.Value == 2 * batch.Value;
            Refuse(node, starts && !twice && !batch.IsSameAs(length), $"a mask of shape {mask.Shape} beside a batch of {batch}: these sizes do not say whether it has one entry a row or two");
            var places = Attentions.Places(b, key, 2);
            Value Bound(long from) => b.Unsqueeze(b.Cast(Rows(from), ElementType.Int64), 1, 2, 3); // [batch, 1, 1, 1]
            Value Rows(long from) => length.IsSameAs(batch) ? mask : b.Slice(mask, b.Mul(b.Shape(query, 0, 1), b.Constant(from)), b.Mul(b.Shape(query, 0, 1), b.Constant(from + 1)), b.Constant(0));
            seen = b.Less(places, Bound(0));
            seen = twice ? b.And(seen, b.GreaterOrEqual(places, Bound(1))) : seen;
        }
        else
        {
            seen = b.Unsqueeze(b.Greater(mask, b.Constant(Tensor.Scalar(0))), rank == 2 ? [1, 2] : [1]);
        }

        return b.Where(seen, b.ConstantLike(query, 0), b.ConstantLike(query, node.Float("mask_filter_value", -10000)));
    }

    /// <summary>[queries, keys]: what is not later; null: everything.</summary>
    private static Value? Causal(Node node, GraphBuilder b, Value query, Value key, Value? past)
    {
        if (node.Int("unidirectional", 0) == 0)
        {
            return null;
        }

        var places = Attentions.Places(b, query, 2);
        places = past is null ? places : b.Add(places, b.Shape(past, 2, 3));
        return b.LessOrEqual(Attentions.Places(b, key, 2), b.Unsqueeze(places, 1));
    }

    /// <summary>[queries, keys]: what is not later, and not too long ago; the query's own place counts (in older versions of ONNX Runtime it did not).</summary>
    private static Value Window(Node node, GraphBuilder b, Value query, Value key)
    {
        var (places, keys) = (b.Unsqueeze(Attentions.Places(b, query, 2), 1), Attentions.Places(b, key, 2));
        var seen = b.LessOrEqual(keys, places);
        return node.Int("local_window_size", -1) is > 0 and var size ? b.And(seen, b.Greater(keys, b.Sub(places, b.Constant(size)))) : seen;
    }

    /// <summary>How much of a head is turned; 0: all.</summary>
    private static long Part(Node node, Value cos, Dim width)
    {
        var half = cos.Shape is { Rank: 2 } table ? table[1] : Dim.Unknown;
        return half.IsKnown && width.IsKnown ? 2 * half.Value == width.Value ? 0 : 2 * half.Value
            : throw new IrException($"{node.Describe()}: whether all of a head is turned is not known without the ranks and sizes of '{cos.Name}' and of '{node.Inputs[0]!.Name}'. Declare them.");
    }

    private static int Rank(Node node, Value value) =>
        value.Shape?.Rank ?? throw new IrException($"{node.Describe()}: the rank of '{value.Name}' is not known. Declare the shapes of the model's inputs.");

    private static void Present(Node node, GraphBuilder b, int output, Value state)
    {
        if (IsUsed(node, output))
        {
            NewerOperators.Give(node, output, b.Identity(state));
        }
    }

    internal static bool IsUsed(Node node, int output) => node.Output(output) is { } value && (value.Uses.Count > 0 || node.Owner!.Outputs.Contains(value));

    private static void Refuse(Node node, bool refused, string what)
    {
        if (refused)
        {
            throw new IrException($"{node.Describe()}: no form in standard operators, and so no gradient, of {what}. Export the model without ONNX Runtime's fusions of attention, and without a cache.");
        }
    }
}
