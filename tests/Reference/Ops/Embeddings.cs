namespace OnnxPipeline.Reference.Ops;

internal static class Embeddings
{
    // com.microsoft: (ids, segments, words, positions, segments' table, scale, bias, mask, places) → (y, ones of the mask a row, sum of the rows)
    public static IReadOnlyList<Array64?> EmbedLayerNormalization(Call c)
    {
        var (ids, segments, places, scale, bias) = (c[0], c.Optional(1), c.Optional(8), c[5].Doubles, c[6].Doubles);
        var (batch, length, width) = (ids.Dims[0], ids.Dims[1], c[2].Dims[1]);
        var (sum, y) = (new double[batch * length * width], new double[batch * length * width]);
        for (var token = 0; token < batch * length; token++)
        {
            var place = places is null ? token % length : places.Longs[token % places.Count];
            var row = sum.AsSpan(token * width, width);
            for (var i = 0; i < width; i++)
            {
                row[i] = c[2].Doubles[(ids.Longs[token] * width) + i] + c[3].Doubles[(place * width) + i] + (segments is null ? 0 : c[4].Doubles[(segments.Longs[token] * width) + i]);
            }

            var values = row.ToArray();
            var mean = values.Average();
            var deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)) + c.Float("epsilon", 1e-12f));
            for (var i = 0; i < width; i++)
            {
                y[(token * width) + i] = ((values[i] - mean) / deviation * scale[i]) + bias[i];
            }
        }

        var ones = Enumerable.Range(0, batch).Select(b => c.Optional(7) is { } mask ? mask.Longs.Skip(b * length).Take(length).LongCount(m => m == 1) : 0).ToArray();
        return [new(y, batch, length, width), new(ones, batch), new(sum, batch, length, width)];
    }
}
