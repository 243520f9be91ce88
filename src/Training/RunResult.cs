namespace OnnxPipeline.Training;

/// <summary>How a run ended, as run.json has it.</summary>
/// <param name="Status"><see cref="Finished"/>, <see cref="Interrupted"/> or <see cref="Failed"/>; run.json of a run that is under way, or was killed, has no result.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">Of the last step; null before the first.</param>
/// <param name="EvalLoss">Of the last evaluation.</param>
/// <param name="BestLoss">Of the best evaluation.</param>
/// <param name="BestStep">After which that was.</param>
/// <param name="Tokens">Counted label positions (or examples).</param>
/// <param name="Seconds">Training time, pauses excluded.</param>
/// <param name="Reason">Why a finished run ended: its steps, its epochs or its time are done, or it stopped early.</param>
/// <param name="Error">What went wrong.</param>
/// <param name="BestMetric">Its value of <see cref="RunConfig.Metric"/>, where that is given.</param>
public sealed record RunResult(string Status, long Step, float? Loss, float? EvalLoss, float? BestLoss, long? BestStep, long Tokens, double Seconds, string? Reason = null, string? Error = null, float? BestMetric = null)
{
    public const string Finished = "finished", Interrupted = "interrupted", Failed = "failed";
}
