namespace OnnxPipeline.Inference;

/// <summary>What may stand in the place of a mask.</summary>
/// <param name="Token">As the vocabulary writes it.</param>
/// <param name="Score">The probability that the model gives it, by softmax over the vocabulary.</param>
public sealed record TokenGuess(string Token, int Id, double Score);
