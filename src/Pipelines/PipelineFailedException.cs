using OnnxPipeline.Files;

namespace OnnxPipeline.Pipelines;

/// <summary>A journey that cannot begin, or one of whose gates was not met (exit code 2).</summary>
public sealed class PipelineFailedException : PipelineException
{
    public PipelineFailedException(string message, Exception? inner = null, int exitCode = 1) : base(message, inner, exitCode)
    {
    }
}
