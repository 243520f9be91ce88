using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Inference;

internal static class Normalizations
{
    // y; mean and inverse deviation with the normalized dimensions 1, in the type of stash_type
    public static void LayerNormalization(InferenceContext c)
    {
        c.OutputLike(0, 0);
        var element = (ElementType)c.Node.Int("stash_type", (long)ElementType.Float);
        var rows = Rows(c, c.Node.Int("axis", -1));
        for (var i = 1; i < c.Outputs; i++)
        {
            c.Output(i, element, rows);
        }
    }

    // com.microsoft (y, mean, inverse deviation, x + skip + bias)
    public static void SkipLayerNormalization(InferenceContext c)
    {
        c.OutputLike(0, 0);
        var rows = Rows(c, -1);
        c.Output(1, ElementType.Float, rows);
        c.Output(2, ElementType.Float, rows);
        c.OutputLike(3, 0);
    }

    // (y, running mean, running variance), the statistics as they came in
    public static void BatchNormalization(InferenceContext c)
    {
        c.OutputLike(0, 0);
        for (var i = 1; i < c.Outputs; i++)
        {
            c.OutputLike(i, i % 2 == 1 ? 3 : 4);
        }
    }

    // (y, mask)
    public static void Dropout(InferenceContext c)
    {
        c.OutputLike(0, 0);
        c.Output(1, c.Opset is > 0 and < 10 ? c.Element(0) : ElementType.Bool, c.Shape(0));
    }

    // com.microsoft (ids [B, S], segments, words [V, H], …) → ([B, S, H], mask index [B], sum [B, S, H])
    public static void EmbedLayerNormalization(InferenceContext c)
    {
        Shape? y = c.Shape(0) is { Rank: 2 } ids && c.Shape(2) is { Rank: 2 } words ? [ids[0], ids[1], words[1]] : null;
        c.Output(0, c.Element(2), y);
        c.Output(1, ElementType.Int32, c.Shape(0) is { Rank: 2 } shape ? [shape[0]] : null);
        c.Output(2, c.Element(2), y);
    }

    // (loss, log_prob); scores [N, C, d...], labels [N, d...]
    public static void CrossEntropy(InferenceContext c)
    {
        c.Output(0, c.Element(0), c.Node.Text("reduction", "mean") == "none" ? c.Shape(1) : Ir.Shape.Scalar);
        c.OutputLike(1, 0);
        if (c.Shape(0) is { } scores && c.Shape(1) is { } labels)
        {
            if (scores.Rank != labels.Rank + 1)
            {
                throw c.Contradiction($"scores of shape {scores} and labels of shape {labels}", "scores [N, C, d...] and labels [N, d...]");
            }

            for (var i = 0; i < labels.Rank; i++)
            {
                c.Equal(scores[i == 0 ? 0 : i + 1], labels[i], "scores and labels");
            }
        }
    }

    private static Shape? Rows(InferenceContext c, long axis)
    {
        if (c.Shape(0) is not { } shape)
        {
            return null;
        }

        var first = c.Axis(axis, shape.Rank);
        return Ir.Shape.Of([.. shape.Select((d, i) => i < first ? d : 1)]);
    }
}
