using OnnxPipeline.Files;

namespace OnnxPipeline.Models;

/// <summary>What a model is for.</summary>
/// <param name="Name">As on the command line, such as <c>clm</c>.</param>
/// <param name="Output">The output with the scores over the vocabulary, [batch, sequence, vocab_size].</param>
/// <param name="Loss">What a manifest says of the loss that the graph computes when asked to.</param>
public sealed record Head(string Name, string Output, ManifestLoss Loss);
