namespace OnnxPipeline.Inference;

/// <summary>How the next token is chosen. What is null is off.</summary>
public sealed record Sampling
{
    /// <summary>Logits are divided by it; 0: always the greatest logit (of equal ones the smallest id), and what follows does not matter.</summary>
    public double Temperature { get; init; }

    /// <summary>Only the K most probable tokens, at least 1.</summary>
    public int? TopK { get; init; }

    /// <summary>Only the most probable tokens that together have at least this probability, 0 to 1; always one.</summary>
    public double? TopP { get; init; }

    /// <summary>Only tokens with at least this share of the most probable one's probability, 0 to 1.</summary>
    public double? MinP { get; init; }

    /// <summary>Positive logits of tokens that the prompt or the text so far contains are divided by it, others multiplied; above 0 [1: off].</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Of the random numbers; every prompt of a call has a sequence of its own.</summary>
    public long Seed { get; init; }
}
