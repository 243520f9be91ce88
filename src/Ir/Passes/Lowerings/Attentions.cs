using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Passes.Lowerings;

internal static class Attentions
{
    /// <summary>
    /// Attention of opset 23 to 25: softmax(softcap(q·kᵀ·scale) + bias)·v. What may not be looked at (boolean mask, causal order, window, padding
    /// of an outer cache) gets the lowest number before the softmax and 0 after it, so that a row that may look at nothing is 0.
    /// </summary>
    public static void Attention(Node node, GraphBuilder b)
    {
        var flat = node.Int("q_num_heads", 0) > 0; // [batch, length, heads·width] instead of [batch, heads, length, width]
        var query = Heads(b, node.Inputs[0]!, node.Int("q_num_heads", 0));
        var (key, value) = (Heads(b, node.Inputs[1]!, node.Int("kv_num_heads", 0)), Heads(b, node.Inputs[2]!, node.Int("kv_num_heads", 0)));
        var past = node.Input(4) is { } cache ? b.Squeeze(b.Shape(cache, 2, 3), 0) : null;
        if (past is not null)
        {
            (key, value) = (b.Concat(2, node.Inputs[4]!, key), b.Concat(2, Rewriting.Required(node, 5), value));
        }

        NewerOperators.Give(node, 1, past is null ? b.Identity(key) : key);
        NewerOperators.Give(node, 2, past is null ? b.Identity(value) : value);
        (key, value) = (Repeated(node, b, query, key), Repeated(node, b, query, value));

        var raw = b.MatMul(b.Mul(query, Scale(node, b, query)), b.Transpose(key, 0, 1, 3, 2)); // [batch, heads, queries, keys]
        var cap = node.Float("softcap", 0);
        var capped = cap > 0 ? b.Mul(b.Tanh(b.Div(raw, b.ConstantLike(query, cap))), b.ConstantLike(query, cap)) : raw;
        var scores = capped;
        var allowed = Allowed(node, b, query, key, past);
        if (node.Input(3) is { } mask && mask.Element != ElementType.Bool)
        {
            var bias = mask.Element == query.Element ? mask : b.Cast(mask, query.Element);
            scores = b.Add(scores, Filled(node, b, bias, key, b.ConstantLike(query, double.NegativeInfinity)));
        }

        var precision = (ElementType)node.Int("softmax_precision", (long)query.Element);
        var cast = precision != query.Element;
        var masked = allowed is null ? scores : b.Where(allowed, scores, b.ConstantLike(query, Lowest(query.Element)));
        var weights = b.Softmax(cast ? b.Cast(masked, precision) : masked);
        weights = cast ? b.Cast(weights, query.Element) : weights;
        if (allowed is not null && CanSeeNothing(node))
        {
            weights = b.Where(allowed, weights, b.ConstantLike(query, 0));
        }

        NewerOperators.Give(node, 3, node.Int("qk_matmul_output_mode", 0) switch { 0 => raw, 1 => capped, 2 => masked, _ => weights });
        var mixed = b.MatMul(weights, value); // [batch, heads, queries, width of values]
        NewerOperators.Replace(node, flat ? b.Reshape(b.Transpose(mixed, 0, 2, 1, 3), 0, 0, -1) : mixed); // [batch, queries, heads·width]
    }

    /// <summary>RotaryEmbedding of opset 23: pairs of numbers of a head are turned by the angle of their position.</summary>
    public static void RotaryEmbedding(Node node, GraphBuilder b)
    {
        var input = node.Inputs[0]!;
        var heads = node.Int("num_heads", 0);
        var flat = heads > 0; // [batch, length, heads·width]
        var x = flat ? b.Reshape(input, 0, 0, heads, -1) : input; // [batch, length, heads, width] or [batch, heads, length, width]
        Value Angles(Value table) => b.Unsqueeze(node.Input(3) is { } positions ? Rows(b, table, positions) : table, flat ? 2 : 1);
        var (cos, sin) = (Angles(node.Inputs[1]!), Angles(node.Inputs[2]!)); // [batch, length, 1, half] or [batch, 1, length, half]

        var result = Turned(b, x, cos, sin, node.Int("rotary_embedding_dim", 0), node.Int("interleaved", 0) != 0);
        NewerOperators.Replace(node, flat ? b.Reshape(result, 0, 0, -1) : result);
    }

    /// <summary>
    /// The pairs of the last axis of <paramref name="x"/>, of rank 4, turned: (c·x₁ − s·x₂, s·x₁ + c·x₂), a pair being neighbours (<paramref name="interleaved"/>) or
    /// places of the two halves.
    /// </summary>
    /// <param name="cos">As wide as half of what is turned, broadcast to the other axes; so is <paramref name="sin"/>.</param>
    /// <param name="part">How much of the axis is turned, the rest stays; 0: all of it.</param>
    internal static Value Turned(GraphBuilder b, Value x, Value cos, Value sin, long part, bool interleaved)
    {
        var (turned, rest) = part > 0 ? (Cut(0, part), Cut(part, long.MaxValue)) : (x, null);
        Value first, second;
        if (interleaved)
        {
            (first, second) = (Every(turned, 0), Every(turned, 1));
        }
        else
        {
            var halves = b.Ops("Split", [turned], 2, [("axis", -1), ("num_outputs", 2)]).Outputs;
            (first, second) = (halves[0], halves[1]);
        }

        var real = b.Sub(b.Mul(cos, first), b.Mul(sin, second));
        var imaginary = b.Add(b.Mul(sin, first), b.Mul(cos, second));
        var both = interleaved
            ? b.Reshape(b.Concat(-1, b.Unsqueeze(real, -1), b.Unsqueeze(imaginary, -1)), 0, 0, 0, -1) // […, half, 2] → […, 2·half]
            : b.Concat(-1, real, imaginary);
        return rest is null ? both : b.Concat(-1, both, rest);

        Value Cut(long from, long to) => b.Slice(x, b.Constant(from), b.Constant(to), b.Constant(-1));
        Value Every(Value value, long from) => b.Slice(value, b.Constant(from), b.Constant(long.MaxValue), b.Constant(-1), b.Constant(2));
    }

    /// <summary>Rows of a table of angles. Not Gather, whose tables are weights (embeddings): these are constants.</summary>
    internal static Value Rows(GraphBuilder b, Value table, Value places) => b.Op("GatherND", [table, b.Unsqueeze(places, -1)]);

    /// <summary>0, 1, … along an axis, int64 [size].</summary>
    internal static Value Places(GraphBuilder b, Value x, int axis) =>
        b.Range(b.Constant(Tensor.Scalar(0L)), b.Squeeze(b.Shape(x, axis, axis + 1), 0), b.Constant(Tensor.Scalar(1L)));

    /// <summary>[batch, length, heads·width] → [batch, heads, length, width]; with <paramref name="heads"/> 0 it is so already.</summary>
    internal static Value Heads(GraphBuilder b, Value x, long heads) => heads == 0 ? x : b.Transpose(b.Reshape(x, 0, 0, heads, -1), 0, 2, 1, 3);

    /// <summary>Keys or values of fewer heads, each for several heads of the query in turn.</summary>
    private static Value Repeated(Node node, GraphBuilder b, Value query, Value x)
    {
        var (heads, own) = (node.Int("q_num_heads", Known(query)), node.Int("kv_num_heads", Known(x)));
        return heads >= 0 && own >= 0 ? Repeated(b, x, heads, own)
            : query.Shape is { Rank: 4 } q && x.Shape is { Rank: 4 } k && q[1].IsSameAs(k[1]) ? x
            : throw new IrException($"{node.Describe()}: the numbers of heads (axis 1, of rank 4) of '{node.Inputs[0]!.Name}' and '{node.Inputs[1]!.Name}' are not known. Declare the sizes of the model's inputs.");

        static long Known(Value value) => value.Shape is { Rank: 4 } shape && shape[1].IsKnown ? shape[1].Value : -1;
    }

    /// <summary>[batch, own, length, width] → [batch, heads, length, width]</summary>
    internal static Value Repeated(GraphBuilder b, Value x, long heads, long own)
    {
        if (heads == own)
        {
            return x;
        }

        var many = b.Expand(b.Unsqueeze(x, 2), b.Constant(1, 1, heads / own, 1, 1)); // [batch, own, heads/own, length, width]
        return b.Reshape(many, b.Concat(0, b.Shape(x, 0, 1), b.Constant(heads), b.Shape(x, 2, 4))); // [batch, heads, length, width]
    }

    private static Value Scale(Node node, GraphBuilder b, Value query)
    {
        var input = node.Inputs[0]!.Shape;
        var heads = node.Int("q_num_heads", 0);
        return node.Attributes.ContainsKey("scale") ? b.ConstantLike(query, node.Float("scale", 1))
            : heads > 0 && input is { Rank: > 0 } && input.At(-1).IsKnown ? b.ConstantLike(query, 1 / Math.Sqrt(input.At(-1).Value / heads))
            : OfWidth(b, query);
    }

    /// <summary>1/√width of the last axis.</summary>
    internal static Value OfWidth(GraphBuilder b, Value query) => query.Shape is { Rank: 4 } shape && shape[3].IsKnown
        ? b.ConstantLike(query, 1 / Math.Sqrt(shape[3].Value))
        : b.Reciprocal(b.Sqrt(b.Cast(b.Squeeze(b.Shape(query, 3, 4), 0), query.Element)));

    /// <summary>Whether a query may look at a key, broadcast to [batch, heads, queries, keys]; null: each at all.</summary>
    private static Value? Allowed(Node node, GraphBuilder b, Value query, Value key, Value? past)
    {
        Value? allowed = node.Input(3) is { Element: ElementType.Bool } mask ? Filled(node, b, mask, key, b.Constant(Tensor.Scalar(false))) : null;
        var (causal, left, right) = (node.Int("is_causal", 0) != 0, node.Int("left_window_size", -1), node.Int("right_window_size", -1));
        if (!causal && left < 0 && right < 0 && node.Input(6) is null)
        {
            return allowed;
        }

        var (queries, keys) = (Places(b, query, 2), Places(b, key, 2));
        var places = b.Unsqueeze(queries, 1); // [queries, 1]
        if (node.Input(6) is { } lengths)
        {
            var real = b.Unsqueeze(lengths, 1, 2, 3); // [batch, 1, 1, 1]
            places = b.Add(places, b.Sub(real, b.Shape(query, 2, 3))); // [batch, 1, queries, 1]
            And(b.Less(keys, real));
        }
        else if (past is not null)
        {
            places = b.Add(places, past);
        }

        if (causal)
        {
            And(b.LessOrEqual(keys, places));
        }

        if (left >= 0)
        {
            And(b.GreaterOrEqual(keys, b.Sub(places, b.Constant(left))));
        }

        if (right >= 0)
        {
            And(b.LessOrEqual(keys, b.Add(places, b.Constant(right))));
        }

        return allowed;

        void And(Value more) => allowed = allowed is null ? more : b.And(allowed, more);
    }

    /// <summary>Whether a query may be left without a key; a causal one always sees itself.</summary>
    private static bool CanSeeNothing(Node node) => node.Input(3) is not null || node.Input(6) is not null || node.Int("left_window_size", -1) >= 0 || node.Int("right_window_size", -1) >= 0;

    /// <summary>A mask that ends before the keys do, filled up.</summary>
    private static Value Filled(Node node, GraphBuilder b, Value mask, Value key, Value fill)
    {
        var (own, keys) = (mask.Shape is { Rank: > 0 } m ? m.At(-1) : Dim.Unknown, key.Shape is { Rank: 4 } k ? k[2] : node.Inputs[1]!.Shape is { Rank: 3 } flat && node.Input(4) is null ? flat[1] : Dim.Unknown);
        var isShorter = own.IsKnown && keys.IsKnown ? own.Value < keys.Value && own.Value != 1 : node.Input(6) is not null;
        if (!isShorter)
        {
            return mask;
        }

        var missing = b.Sub(b.Shape(key, 2, 3), b.Shape(mask, -1, long.MaxValue)); // [1]
        return b.Pad(mask, b.Concat(0, b.Constant(0), missing), fill, axes: b.Constant(-1));
    }

    internal static double Lowest(ElementType type) => type switch
    {
        ElementType.Float16 => -65504,
        ElementType.Double => double.MinValue,
        _ => float.MinValue,
    };
}
