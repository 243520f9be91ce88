namespace OnnxPipeline.Files;

/// <summary>A file that cannot be read or written, or whose content is not what its format promises.</summary>
public sealed class FileFormatException : PipelineException
{
    public FileFormatException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
