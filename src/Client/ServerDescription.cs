namespace OnnxPipeline.Client;

/// <summary>What a server says of itself.</summary>
/// <param name="Extensions">Parts of the protocol beyond its core.</param>
public sealed record ServerDescription(string Name, string Version, IReadOnlyList<string> Extensions);
