namespace OnnxPipeline.Training;

/// <summary>
/// The learning rate of step s (counted from 0) of N. During warm-up lr·s/warmup; then constant: lr; linear: lr·(N − s)/(N − warmup);
/// cosine: min + (lr − min)·(1 + cos(π·(s − warmup)/(N − warmup)))/2, as Transformers and nanoGPT have it.
/// </summary>
/// <param name="Kind"><c>constant</c>, <c>linear</c> or <c>cosine</c>.</param>
/// <param name="MinimumRate">Where cosine ends.</param>
/// <param name="Warmup">Steps, or a share of all steps, rounded up.</param>
public sealed record Schedule(string Kind, double Rate, double MinimumRate, Warmup Warmup)
{
    public static IReadOnlyList<string> Kinds { get; } = ["constant", "linear", "cosine"];

    /// <param name="steps">N; where a run is bounded by time, the number that it is expected to reach.</param>
    public double At(long step, double steps)
    {
        var warmup = Warmup.StepsOf(steps);
        if (step < warmup)
        {
            return Rate * step / warmup;
        }

        var left = Math.Max(steps - warmup, 1);
        return Kind switch
        {
            "constant" => Rate,
            "linear" => Rate * Math.Max(steps - step, 0) / left,
            "cosine" => MinimumRate + (Rate - MinimumRate) * (1 + Math.Cos(Math.PI * Math.Min((step - warmup) / left, 1))) / 2,
            _ => throw new TrainingException($"The schedule '{Kind}' is unknown; there are {string.Join(", ", Kinds)}.", 64),
        };
    }
}
