namespace OnnxPipeline.Reference.Ops;

internal static class Losses
{
    // (loss, log_prob); scores [N, C, d...], labels [N, d...], weights [C]
    public static IReadOnlyList<Array64?> SoftmaxCrossEntropyLoss(Call c)
    {
        var log = Normalizations.LogSoftmax(c[0], 1);
        return [Loss(c, log), log];
    }

    public static IReadOnlyList<Array64?> NegativeLogLikelihoodLoss(Call c) => [Loss(c, c[0])];

    private static Array64 Loss(Call c, Array64 log)
    {
        var labels = c[1].Longs;
        var weights = c.Optional(2)?.Doubles;
        long? ignored = c.Has("ignore_index") ? c.Int("ignore_index", 0) : null;
        var (strides, at) = (Index.Strides(log.Dims), 0);
        var (losses, counted) = (new double[labels.Length], new double[labels.Length]);
        foreach (var index in Index.All(c[1].Dims))
        {
            var label = labels[at];
            if (label != ignored)
            {
                counted[at] = weights?[Index.Place(label, log.Dims[1])] ?? 1;
                losses[at] = -counted[at] * log.Doubles[Index.Flat([index[0], Index.Place(label, log.Dims[1]), .. index[1..]], strides)];
            }

            at++;
        }

        return c.Text("reduction", "mean") switch
        {
            "none" => new(losses, c[1].Dims),
            "sum" => Array64.Scalar(losses.Sum()),
            _ => Array64.Scalar(losses.Sum() / counted.Sum()),
        };
    }
}
