using OnnxPipeline.Files;

namespace OnnxPipeline.Training;

/// <summary>A run that cannot start, go on or be resumed; the message says at which step, in which file, and what to do.</summary>
public sealed class TrainingException : PipelineException
{
    public TrainingException(string message, int exitCode = 1) : base(message, exitCode: exitCode)
    {
    }
}
