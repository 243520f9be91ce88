namespace OnnxPipeline.Text;

/// <summary>A token that is looked for in a text before anything else.</summary>
/// <param name="Special">Whether decoded text leaves it out.</param>
internal sealed record AddedToken(int Id, string Content, bool Special);
