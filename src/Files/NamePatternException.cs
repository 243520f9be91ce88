namespace OnnxPipeline.Files;

/// <summary>A pattern that matches no name, or patterns that contradict each other.</summary>
public sealed class NamePatternException(string message) : PipelineException(message);
