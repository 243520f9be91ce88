namespace OnnxPipeline.Pipelines.Corpora;

/// <summary>What the documentation says of one member of a type.</summary>
/// <param name="Type">Its full name; of a type itself its own.</param>
/// <param name="Paragraphs">Plain text, one a documented part: what it does, its parameters, what it returns.</param>
internal sealed record MemberText(string Type, IReadOnlyList<string> Paragraphs);
