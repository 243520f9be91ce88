namespace OnnxPipeline.Training;

/// <summary>Where a run stands, told after every step and evaluation.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all; an estimate where the run is bounded by time.</param>
/// <param name="Loss">Of the last step.</param>
/// <param name="EvalLoss">Of the last evaluation, null before the first.</param>
/// <param name="TokensPerSecond">Counted label positions (or examples) per second since the start of this process.</param>
/// <param name="Remaining">Expected time to the end.</param>
public sealed record TrainProgress(long Step, long Steps, float Loss, float? EvalLoss, double Rate, double TokensPerSecond, TimeSpan Remaining);
