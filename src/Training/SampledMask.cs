using OnnxPipeline.Inference;

namespace OnnxPipeline.Training;

/// <summary>A mask of a <see cref="Sample"/>.</summary>
/// <param name="Truth">The token that was there.</param>
/// <param name="Top">What the model thinks most probable, best first.</param>
public sealed record SampledMask(string Truth, IReadOnlyList<TokenGuess> Top);
