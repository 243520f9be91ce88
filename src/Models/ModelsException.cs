using OnnxPipeline.Files;

namespace OnnxPipeline.Models;

/// <summary>A configuration that no model can be built from; the message names the file, the field, what was found and what is wanted.</summary>
public sealed class ModelsException : PipelineException
{
    public ModelsException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
