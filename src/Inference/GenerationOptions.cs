namespace OnnxPipeline.Inference;

/// <summary>How a text goes on and where it ends.</summary>
public sealed record GenerationOptions
{
    public Sampling Sampling { get; init; } = new();

    /// <summary>The greatest number of new tokens, at least 1.</summary>
    public int MaxTokens { get; init; } = 64;

    /// <summary>The text ends before the first of these that comes up; they need a tokenizer.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Whether a token that ends a text is a token like any other.</summary>
    public bool IgnoreEos { get; init; }
}
