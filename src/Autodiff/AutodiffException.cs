using OnnxPipeline.Files;

namespace OnnxPipeline.Autodiff;

/// <summary>A graph that cannot be differentiated; the message names the operators and nodes concerned.</summary>
public sealed class AutodiffException : PipelineException
{
    public AutodiffException(string message) : base(message)
    {
    }
}
