using OnnxPipeline.Files;

namespace OnnxPipeline.Serving;

/// <summary>A call that is not answered, or a repository that cannot be served; the message names the folder, the model or the tensor.</summary>
public sealed class ServingException : PipelineException
{
    public ServingException(ServingErrorKind kind, string message, Exception? inner = null) : base(message, inner) => Kind = kind;

    public ServingErrorKind Kind { get; }
}
