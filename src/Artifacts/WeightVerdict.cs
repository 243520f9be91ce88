namespace OnnxPipeline.Artifacts;

/// <summary>What a float initializer is, by its use.</summary>
public enum WeightVerdict
{
    /// <summary>Something that training is meant to change.</summary>
    Weight,

    /// <summary>Running statistics: the model changes them itself, or not at all.</summary>
    Buffer,

    /// <summary>Part of the computation: a mask, a factor, a table of angles.</summary>
    Constant,
}
