namespace OnnxPipeline.Training;

/// <summary>How a run ended, as run.json has it.</summary>
/// <param name="Status"><c>running</c>, <c>finished</c>, <c>interrupted</c> or <c>failed</c>.</param>
public sealed record RunResult(string Status, long Step, float? Loss, float? EvalLoss, float? BestLoss, long? BestStep, long Tokens, double Seconds, string? Error = null);
