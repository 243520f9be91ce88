namespace OnnxPipeline.Training;

/// <summary>
/// state.json of a checkpoint: everything a run needs to go on bit for bit, besides the tensors beside it and the configuration in run.json.
/// The order of the data follows from seed and step.
/// </summary>
public sealed record RunState
{
    /// <summary>Steps done, also those in which no label counted.</summary>
    public long Step { get; init; }

    /// <summary>Updates done: what AdamW corrects its moments by.</summary>
    public long OptimizerSteps { get; init; }

    /// <summary>Counted label positions (or examples) so far.</summary>
    public long Tokens { get; init; }

    /// <summary>Training time so far, pauses excluded.</summary>
    public double Seconds { get; init; }

    /// <summary>Of the last step.</summary>
    public float Loss { get; init; }

    /// <summary>The evaluation after the last step was interrupted: it is done again when the run goes on.</summary>
    public bool Unevaluated { get; init; }

    /// <summary>Of the last evaluation.</summary>
    public float? EvalLoss { get; init; }

    /// <summary>After which that was.</summary>
    public long? EvalStep { get; init; }

    /// <summary>Evaluations since the best one.</summary>
    public long EvaluationsSinceBest { get; init; }

    /// <summary>Loss of the best evaluation.</summary>
    public float? BestLoss { get; init; }

    /// <summary>Its value of what <see cref="RunConfig.Metric"/> names.</summary>
    public float? BestMetric { get; init; }

    public long? BestStep { get; init; }

    /// <summary>Loss and gradient norm summed over the steps since the last row of metrics.csv, and their number.</summary>
    public double PendingLoss { get; init; }

    public double PendingNorm { get; init; }

    public int PendingSteps { get; init; }
}
