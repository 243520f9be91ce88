using OnnxPipeline.Files;

namespace OnnxPipeline.Ort;

/// <summary>A session that cannot be made or run; the message names the model, and the tensor with what was found and wanted.</summary>
public sealed class OrtException : PipelineException
{
    public OrtException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
