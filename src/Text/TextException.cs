using OnnxPipeline.Files;

namespace OnnxPipeline.Text;

/// <summary>A tokenizer or a text that cannot be used: the message names the file, what was found and what was wanted.</summary>
public sealed class TextException : PipelineException
{
    public TextException(string message, Exception? inner = null, int exitCode = 1) : base(message, inner, exitCode)
    {
    }
}
