namespace OnnxPipeline.Files;

/// <summary>An <c>--out</c> that exists and was not to be replaced: wrong usage.</summary>
public sealed class OutputExistsException(string message) : PipelineException(message, exitCode: 64);
