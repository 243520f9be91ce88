using OnnxPipeline.Files;

namespace OnnxPipeline.Ir;

/// <summary>A model that is not legal ONNX, or that a pass or the builder cannot handle; the message names file, node or tensor.</summary>
public sealed class IrException : PipelineException
{
    public IrException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
