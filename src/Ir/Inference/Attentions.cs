using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Inference;

internal static class Attentions
{
    // ONNX Attention (q, k, v, mask, past key, past value) → (y, present key, present value, scores); q [B, S, Hq·D] or [B, Hq, S, D]
    public static void Attention(InferenceContext c)
    {
        var (q, k, v) = (c.Shape(0), c.Shape(1), c.Shape(2));
        if (q is null || k is null || v is null)
        {
            c.Output(0, c.Element(0), null);
            return;
        }

        if (new[] { q, k, v }.Any(x => x.Rank is not (3 or 4)))
        {
            throw c.Contradiction($"operands of shapes {q}, {k} and {v}", "rank 3 or 4");
        }

        Dim heads = c.Node.Int("q_num_heads", 0), kvHeads = c.Node.Int("kv_num_heads", 0);
        var (q4, k4, v4) = (Split(q, heads), Split(k, kvHeads), Split(v, kvHeads));
        var total = c.Shape(4) is { Rank: 4 } past ? DimMath.Add(past[2], k4[2]) : k4[2];
        c.Output(0, c.Element(0), q.Rank == 3 ? [q[0], q[1], DimMath.Mul(heads, v4[3])] : [q[0], q[1], q[2], v4[3]]);
        c.Output(1, c.Element(1), [k4[0], k4[1], total, k4[3]]);
        c.Output(2, c.Element(2), [v4[0], v4[1], total, v4[3]]);
        c.Output(3, c.Element(0), [q4[0], q4[1], q4[2], total]);
    }

    // com.microsoft Attention (x [B, S, I], weights [I, 3·H], bias) → (y [B, S, H], …)
    public static void MicrosoftAttention(InferenceContext c) => c.Output(0, c.Element(0),
        c.Shape(0) is { Rank: 3 } x ? [x[0], x[1], c.Node.Ints("qkv_hidden_sizes") is [_, _, var own] ? own : c.Shape(2) is { Rank: 1 } bias ? DimMath.Div(bias[0], 3) : Dim.Unknown] : null);

    // com.microsoft MultiHeadAttention (q [B, S, H], k, v [B, L, Hv], …) → (y [B, S, Hv], present key, present value); q may hold all three as [B, S, heads, 3, D], k both as [B, L, heads, 2, D]
    public static void MultiHeadAttention(InferenceContext c)
    {
        Dim heads = c.Node.Int("num_heads", 1);
        var (q, k, v) = (c.Shape(0), c.Shape(1), c.Shape(2));
        var packed = q is { Rank: 5 } ? q : k is { Rank: 5 } ? k : null;
        var width = packed is not null ? packed[4] : v is { Rank: 4 } ? v[3] : v is { Rank: 3 } ? DimMath.Div(v[2], heads) : Dim.Unknown;
        var own = packed is not null ? packed[4] : k is { Rank: 4 } ? k[3] : q is { Rank: 3 } ? DimMath.Div(q[2], heads) : Dim.Unknown;
        c.Output(0, c.Element(0), q is { Rank: >= 3 } ? [q[0], q[1], v is { Rank: 3 } ? v[2] : DimMath.Mul(heads, width)] : null);
        var length = packed is not null ? packed[1] : k is { Rank: 4 } ? k[2] : k is { Rank: 3 } ? k[1] : Dim.Unknown;
        var total = c.Has(6) ? c.Shape(6) is { Rank: 4 } past ? DimMath.Add(past[2], length) : Dim.Unknown : length;
        c.Output(1, c.Element(0), q is null ? null : [q[0], heads, total, own]);
        c.Output(2, c.Element(0), q is null ? null : [q[0], heads, total, width]);
    }

    // com.microsoft GroupQueryAttention (q [B, S, heads·D], k, v, past key [B, kv, P, D], past value, …) → (y [B, S, heads·D], present key, present value); without k, q holds all three
    public static void GroupQueryAttention(InferenceContext c)
    {
        Dim heads = c.Node.Int("num_heads", 1), all = c.Node.Int("num_heads", 1) + (2 * c.Node.Int("kv_num_heads", 1));
        c.Output(0, c.Element(0), c.Shape(0) is { Rank: 3 } q ? [q[0], q[1], c.Has(1) ? q[2] : DimMath.Mul(DimMath.Div(q[2], all), heads)] : null);
        for (var i = 1; i <= 2; i++)
        {
            c.Output(i, c.Element(0), c.Shape(i + 2) is { Rank: 4 } past ? [past[0], past[1], Dim.Unknown, past[3]] : Ir.Shape.Of(new Dim[4]));
        }
    }

    private static Shape Split(Shape x, Dim heads) => x.Rank == 4 ? x : [x[0], heads, x[1], DimMath.Div(x[2], heads)];
}
