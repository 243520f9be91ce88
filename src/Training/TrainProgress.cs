namespace OnnxPipeline.Training;

/// <summary>Where a run stands, told after every step and evaluation.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all; an estimate where the run is bounded by time.</param>
/// <param name="Loss">Of the last step.</param>
/// <param name="EvalLoss">Of the last evaluation, null before the first.</param>
/// <param name="TokensPerSecond">Counted label positions (or examples) per second since the start of this process.</param>
/// <param name="Unit">What is counted: <c>tokens</c> or <c>examples</c>.</param>
/// <param name="Remaining">Expected time to the end.</param>
public sealed record TrainProgress(long Step, long Steps, float Loss, float? EvalLoss, double Rate, double TokensPerSecond, string Unit, TimeSpan Remaining)
{
    /// <summary>The text that was made with an evaluation after this step; null where there was none.</summary>
    public Sample? Sample { get; init; }

    /// <summary>One line for people: <c>step 120/1000 · loss 3.214 · lr 0.001 · 12,400 tokens/s · 0:41 left</c>.</summary>
    public override string ToString() =>
        $"step {Step}/{Steps} · loss {Loss:0.0000}{(EvalLoss is { } eval ? $" · eval {eval:0.0000}" : "")} · lr {Rate:0.######} · {TokensPerSecond:#,0} {Unit}/s · {Clock(Remaining)} left";

    private static string Clock(TimeSpan time) => time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}" : $"{time.Minutes}:{time.Seconds:00}";
}
