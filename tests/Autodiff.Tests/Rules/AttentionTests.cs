using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Reference;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

/// <summary>Operators that are written in others first: the differences are those of the operator itself.</summary>
public sealed class AttentionTests
{
    private static readonly (string, AttributeValue)[] TwoHeads = [("num_heads", 2)];

    internal static IEnumerable<GradientCase> Cases() => [.. Attentions(), .. Rotations(), .. MultiHeads(), .. Merged(), .. Groups(), .. Embeddings()];

    [Test]
    public void Composed_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [TestCase("MultiHeadAttention", 8, "past_sequence_length")]
    [TestCase("Attention", 6, "past_sequence_length")]
    [TestCase("GroupQueryAttention", 3, "past")]
    public void Composed_Cache_IsRefusedByName(string op, int input, string what)
    {
        var given = op == "Attention" ? new GradientCase(op, X(1, 2, 4), X2(4, 12)) : new GradientCase(op, X(1, 2, 4), X2(1, 2, 4), Positive(1, 2, 4));
        given = Microsoft(given with { Inputs = [.. given.Inputs, .. new Given?[input - given.Inputs.Length], op == "GroupQueryAttention" ? Frozen(1, 2, 3, 2) : Fed(1L) with { IsInt32 = true }] }).With(("num_heads", 2), ("kv_num_heads", 2));
        Assert.That(() => Decomposed(given), Throws.TypeOf<IrException>().With.Message.Contains(op).And.Message.Contains(what));
    }

    [Test]
    public void RotaryEmbedding_Scale_IsRefused() =>
        Assert.That(() => Decomposed(Microsoft(new GradientCase("RotaryEmbedding", X(1, 2, 2, 4), Fed(0L), Frozen(3, 2), Frozen(3, 2))).With(("scale", 2f))), Throws.TypeOf<IrException>().With.Message.Contains("scale 2"));

    private static void Decomposed(GradientCase given)
    {
        var graph = new Graph();
        var build = new GraphBuilder(graph, given.Opset);
        build.Ops(given.Op, [.. given.Inputs.Select((x, i) => x is null ? null : build.Input($"x{i}", x.Element, Shape.Of(x.Value.Dims.Select(d => (long)d))))], given.Outputs, given.Attributes, given.Domain);
        Decomposition.Apply(graph, given.Opset);
    }

    private static IEnumerable<GradientCase> Attentions()
    {
        Given q = X(2, 2, 3, 4), k = X2(2, 2, 2, 4), v = Positive(2, 2, 2, 3);
        var seen = Fed(new Array64(new[] { true, false, true, true, false, true }, 3, 2));
        GradientCase Heads(params Given?[] inputs) => new("Attention", inputs) { Opset = 23, NeedsRanks = true, NeedsSizes = true };
        yield return Heads(q, k, v);
        yield return Heads(q, k, v).With(("scale", 0.3f), ("softcap", 1.5f));
        yield return Heads(q, k, v, seen);
        yield return Heads(q, k, v, X(2, 1, 3, 2));
        yield return Heads(q, k, v, X(1, 2, 3, 2)).With(("softcap", 2f));
        yield return Heads(X(1, 2, 3, 4), X2(1, 2, 3, 4), v with { Value = Positive(1, 2, 3, 2).Value }).With(("is_causal", 1));
        yield return Heads(X(1, 4, 2, 2), X2(1, 2, 3, 2), Positive(1, 2, 3, 2));
        yield return Heads(q, k, v, null, X(2, 2, 1, 4), X2(2, 2, 1, 3)) with { Outputs = 3, Used = [0, 1, 2] };
        yield return Heads(q, k, v, null, X(2, 2, 2, 4), Frozen(2, 2, 2, 3)).With(("is_causal", 1));
        yield return Heads(q, X2(2, 2, 5, 4), Positive(2, 2, 5, 3), null, null, null, Fed(3L, 5L)).With(("is_causal", 1), ("left_window_size", 2)) with { Opset = 25 };

        GradientCase Flat(int heads, int own, params Given?[] inputs) => new GradientCase("Attention", inputs) { Opset = 23 }.With(("q_num_heads", heads), ("kv_num_heads", own));
        yield return Flat(2, 2, X(2, 3, 4), X2(2, 2, 4), Positive(2, 2, 6));
        yield return Flat(2, 2, X(2, 3, 4), X2(2, 2, 4), Positive(2, 2, 6), seen) with { NeedsRanks = true };
        yield return Flat(2, 2, X(2, 3, 4), X2(2, 3, 4), Positive(2, 3, 6)).With(("is_causal", 1));
        yield return Flat(4, 2, X(1, 3, 8), X2(1, 2, 4), Positive(1, 2, 4));
        yield return Flat(2, 1, X(1, 3, 4), X2(1, 2, 2), Frozen(1, 2, 3), X(3, 2)).With(("scale", 0.5f)) with { NeedsRanks = true };
    }

    private static IEnumerable<GradientCase> Rotations()
    {
        var positions = Fed(new Array64(new long[] { 2, 0, 1, 3, 3, 1 }, 2, 3));
        foreach (var interleaved in new[] { 0, 1 })
        {
            foreach (var (part, half) in new[] { (0, 3), (4, 2) })
            {
                (string, AttributeValue)[] form = [("interleaved", interleaved), ("rotary_embedding_dim", part)];
                yield return new GradientCase("RotaryEmbedding", X(2, 2, 3, 6), X2(4, half), Positive(4, half), positions) { Opset = 23 }.With(form);
                yield return new GradientCase("RotaryEmbedding", X(2, 3, 12), X2(4, half), Positive(4, half), positions) { Opset = 23 }.With([.. form, ("num_heads", 2)]);
                yield return new GradientCase("RotaryEmbedding", X(2, 3, 12), Frozen(2, 3, half), X(2, 3, half)) { Opset = 23 }.With([.. form, ("num_heads", 2)]);

                foreach (var place in new[] { positions, Fed(1L), Fed(Array64.Scalar(1L)) })
                {
                    yield return Microsoft(new GradientCase("RotaryEmbedding", X(2, 2, 3, 6), place, X2(4, half), Positive(4, half)) { NeedsRanks = true }).With([.. form, ("num_heads", 2)]);
                    yield return Microsoft(new GradientCase("RotaryEmbedding", X(2, 3, 12), place, X2(4, half), Positive(4, half)) { NeedsRanks = true }).With([.. form, ("num_heads", 2)]);
                }
            }
        }

        yield return Microsoft(new GradientCase("RotaryEmbedding", X(1, 3, 12), Fed(0L), Frozen(4, 3), Frozen(4, 3)) { NeedsRanks = true, NeedsSizes = true }).With(("is_packed_batching", 1));
    }

    private static IEnumerable<GradientCase> MultiHeads()
    {
        Given q = X(2, 3, 4), k = X2(2, 3, 4), v = Positive(2, 3, 6);
        GradientCase Case(params Given?[] inputs) => Microsoft(new("MultiHeadAttention", inputs)) with { NeedsRanks = true, Attributes = TwoHeads };
        yield return Case(q, k, v);
        yield return Case(q, k, v).With(("scale", 0.3f));
        yield return Case(q, k, v).With(("unidirectional", 1));
        yield return Case(q, k, v, X(14));
        yield return Case(q, Frozen(2, 2, 4), Positive(2, 2, 4), X(12)).With(("scale", 0.3f));
        foreach (var mask in new[] { Integers([2, 3], 2), Integers([1, 0, 1, 0, 1, 1], 2, 3), Integers([1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1], 2, 3, 3) })
        {
            yield return Case(q, k, v, null, mask);
            yield return Case(q, k, v, null, mask, X(1, 2, 3, 3)).With(("unidirectional", 1), ("mask_filter_value", -0.5f));
        }

        yield return Case(q, k, v, X(14), null, X(2, 1, 3, 3));
        yield return Case(q, X2(2, 2, 2, 2), Positive(2, 2, 2, 3));
        yield return Case(q, k, v, null, null, null, X(2, 2, 2, 2), X2(2, 2, 2, 3)).With(("unidirectional", 1)) with { Outputs = 3, Used = [0, 1, 2] };
        yield return Case(q, k, v) with { Outputs = 3, Used = [0, 2] };
        yield return Case(X(2, 3, 2, 3, 2));
        yield return Case(X(1, 3, 2, 3, 2), null, null, X(12));
        yield return Case(q, X2(2, 3, 2, 2, 2));
    }

    private static IEnumerable<GradientCase> Merged()
    {
        Given x = X(2, 3, 2), weights = X2(2, 12), bias = Positive(12);
        GradientCase Case(params Given?[] inputs) => Microsoft(new("Attention", inputs)) with { NeedsRanks = true, Attributes = TwoHeads };
        yield return Case(x, weights);
        yield return Case(x, weights, bias).With(("unidirectional", 1));
        yield return Case(x, X2(2, 14), Positive(14)).With(("qkv_hidden_sizes", (long[])[4, 4, 6]), ("scale", 0.3f));
        yield return Case(x, weights, bias, null, null, X(1, 2, 3, 3));
        yield return Case(x, weights, bias, null, X(2, 2, 2, 1, 2)).With(("unidirectional", 1)) with { Outputs = 2, Used = [0, 1] };
        yield return Case(x, weights, bias, Integers([2, 3], 2)) with { NeedsSizes = true };
        yield return Case(x, weights, bias, Integers([2, 3, 0, 1], 4)).With(("mask_filter_value", -0.5f)) with { NeedsSizes = true };
        yield return Case(x, weights, bias, Integers([1, 0, 1, 0, 1, 1], 2, 3));
        yield return Case(x, weights, bias, Integers([1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1], 2, 3, 3)).With(("mask_filter_value", -0.5f));
    }

    private static IEnumerable<GradientCase> Groups()
    {
        Given q = X(2, 3, 8), k = X2(2, 3, 4), v = Positive(2, 3, 4), lengths = Integers([2, 2], 2), longest = Integers([3], 1);
        GradientCase Case(params Given?[] inputs) => Microsoft(new("GroupQueryAttention", inputs)) with { Attributes = [("num_heads", 4), ("kv_num_heads", 2)] };
        yield return Case(q, k, v, null, null, lengths, longest);
        yield return Case(q, k, v, null, null, lengths, longest).With(("scale", 0.3f), ("softcap", 1.5f));
        yield return Case(q, k, v, null, null, lengths, longest).With(("local_window_size", 2)) with { Outputs = 3, Used = [0, 1, 2] };
        yield return Case(X(2, 3, 16), null, null, null, null, lengths, longest);
        yield return Case(q, k, v, null, null, lengths, longest, null, null, null, X(1, 4, 3, 3)) with { NeedsRanks = true };
        foreach (var interleaved in new[] { 0, 1 })
        {
            var turned = Case(X(1, 3, 16), X2(1, 3, 8), Positive(1, 3, 8), null, null, Integers([2], 1), longest, X2(5, 2), Positive(5, 2)).With(("do_rotary", 1), ("rotary_interleaved", interleaved)) with { NeedsRanks = true, NeedsSizes = true };
            yield return turned with { Inputs = [.. turned.Inputs, Fed(new Array64(new long[] { 3, 0, 1 }, 1, 3))] };
            yield return turned with { Inputs = [.. turned.Inputs[..7], Frozen(5, 1), X(5, 1)] };
            yield return turned with { Inputs = [X(1, 3, 32), null, null, .. turned.Inputs[3..]] };
        }
    }

    private static IEnumerable<GradientCase> Embeddings()
    {
        Given ids = Integers([3, 0, 3, 1, 2, 3], 2, 3), segments = Integers([0, 0, 1, 1, 1, 1], 2, 3);
        GradientCase Case(params Given?[] inputs) => Microsoft(new("EmbedLayerNormalization", inputs)) with { Attributes = [("epsilon", 0.01f)] };
        yield return Case(ids, segments, X(4, 3), X2(5, 3), Positive(2, 3), X(3), X2(3));
        yield return Case(ids, null, X(4, 3), X2(5, 3), null, X(3), X2(3));
        yield return Case(ids, segments, X(4, 3), Frozen(5, 3), Positive(2, 3), Frozen(3), X2(3), Integers([1, 1, 0, 1, 1, 1], 2, 3)) with { Outputs = 3, Used = [0, 2] };
        yield return Case(ids, segments, X(4, 3), X2(5, 3), Positive(2, 3), X(3), X2(3), null, Integers([4, 0, 1, 1, 1, 0], 2, 3));
    }

    private static Given Integers(long[] values, params int[] dims) => Fed(new Array64(values, dims)) with { IsInt32 = true };

    private static GradientCase Microsoft(GradientCase given) => given with { Domain = "com.microsoft" };
}
