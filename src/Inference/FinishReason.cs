namespace OnnxPipeline.Inference;

/// <summary>Why a text ended.</summary>
public enum FinishReason
{
    /// <summary>The greatest number of tokens was reached.</summary>
    Length,

    /// <summary>The model gave a token that ends a text.</summary>
    Eos,

    /// <summary>A stop text came up.</summary>
    Stop,
}
