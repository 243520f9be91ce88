namespace OnnxPipeline.Ort.Engines;

/// <summary>Consecutive elements of a block whose parameters are updated in the same way.</summary>
/// <param name="Start">In elements.</param>
/// <param name="Decay">Weight decay.</param>
/// <param name="Rate">Which of the learning rates.</param>
internal readonly record struct UpdateRange(long Start, int Length, float Decay, int Rate)
{
    /// <summary>Cuts a block, so that no range crosses from one setting to another or is longer than <paramref name="most"/>.</summary>
    /// <param name="names">Of the parameters, in the order of <paramref name="layout"/>.</param>
    public static IEnumerable<UpdateRange> Cut(OptimizerSettings settings, BlockLayout layout, IReadOnlyList<string> names, int most)
    {
        var start = 0L;
        for (var i = 0; i < names.Count; i++)
        {
            var (decay, rate) = (settings.WeightDecay.GetValueOrDefault(names[i], 0), settings.LearningRate.GetValueOrDefault(names[i], 0));
            var last = i + 1 == names.Count;
            if (!last && settings.WeightDecay.GetValueOrDefault(names[i + 1], 0) == decay && settings.LearningRate.GetValueOrDefault(names[i + 1], 0) == rate)
            {
                continue; // the next one belongs to the same range
            }

            var end = (last ? layout.Length : layout.Offset(i + 1)) / sizeof(float);
            for (; start < end; start += Math.Min(most, end - start))
            {
                yield return new UpdateRange(start, (int)Math.Min(most, end - start), decay, rate);
            }
        }
    }
}
