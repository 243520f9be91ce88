using OnnxPipeline.Files;

namespace OnnxPipeline.Inference;

/// <summary>A model folder that cannot be used as asked: the message names the folder, what was found and what was wanted.</summary>
public sealed class InferenceException : PipelineException
{
    public InferenceException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
