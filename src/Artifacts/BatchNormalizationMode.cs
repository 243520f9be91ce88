namespace OnnxPipeline.Artifacts;

/// <summary>What BatchNormalization takes its statistics from while a model is trained.</summary>
public enum BatchNormalizationMode
{
    /// <summary>The model: mean and variance as stored, which do not change.</summary>
    Frozen,

    /// <summary>
    /// The batch, of which stored mean and variance become running ones: <c>running = momentum·running + (1 − momentum)·batch</c>, the variance that of
    /// the population (divided by n). They are frozen parameters, which evaluation and inference use.
    /// </summary>
    Train,
}
