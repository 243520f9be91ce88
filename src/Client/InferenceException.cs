using Grpc.Core;

namespace OnnxPipeline.Client;

/// <summary>A call that the server did not answer, or refused; the message is the server's and names the tensor where one is wrong.</summary>
public sealed class InferenceException : Exception
{
    internal InferenceException(string call, RpcException inner) : base($"{call}: {inner.StatusCode}: {inner.Status.Detail}", inner) => Status = inner.StatusCode;

    /// <summary>NotFound, InvalidArgument, ResourceExhausted (overloaded: try later), Unavailable (no server, or one that drains: try another), DeadlineExceeded, …</summary>
    public StatusCode Status { get; }
}
