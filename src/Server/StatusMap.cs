using Grpc.Core;
using OnnxPipeline.Serving;

namespace OnnxPipeline.Server;

/// <summary>What the errors of Serving are called in gRPC: the only place that knows.</summary>
internal static class StatusMap
{
    /// <summary>Clients refuse trailers beyond 8 KiB, and a detail may grow by three when it is escaped.</summary>
    private const int LongestDetail = 2000;

    public static Status Of(ServingException exception) => new(exception.Kind switch
    {
        ServingErrorKind.NotFound => StatusCode.NotFound,
        ServingErrorKind.InvalidArgument => StatusCode.InvalidArgument,
        ServingErrorKind.Overloaded => StatusCode.ResourceExhausted,
        ServingErrorKind.Unavailable => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    }, Short(exception.Message));

    /// <summary>A call that was stopped by its deadline, else by its caller.</summary>
    public static Status OfCancellation(DateTime deadline) => deadline <= DateTime.UtcNow
        ? new(StatusCode.DeadlineExceeded, "The deadline passed before the answer was there.")
        : new(StatusCode.Cancelled, "The call was cancelled.");

    /// <summary>Anything else is a bug, and its words stay in the log.</summary>
    public static Status OfBug(Exception exception) => new(StatusCode.Internal, $"{exception.GetType().Name}: this is a bug of the server; its log tells more.");

    private static string Short(string text) => text.Length <= LongestDetail ? text : text[..LongestDetail] + "…";
}
