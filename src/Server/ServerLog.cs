using Microsoft.Extensions.Logging;

namespace OnnxPipeline.Server;

/// <summary>Everything that the server logs; event ids stay what they are.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "Serving on {Addresses}.")]
    public static partial void Started(ILogger logger, string addresses);

    [LoggerMessage(2, LogLevel.Information, "Draining: {InFlight} calls in flight, {Grace} for them to end.")]
    public static partial void Draining(ILogger logger, int inFlight, TimeSpan grace);

    [LoggerMessage(3, LogLevel.Warning, "{InFlight} calls did not end within {Grace} and are cancelled.")]
    public static partial void GraceOver(ILogger logger, int inFlight, TimeSpan grace);

    [LoggerMessage(4, LogLevel.Information, "Stopped.")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(5, LogLevel.Debug, "{Method} answered {Status}: {Detail}")]
    public static partial void Refused(ILogger logger, string method, Grpc.Core.StatusCode status, string detail);

    [LoggerMessage(6, LogLevel.Error, "{Method} failed: {Detail}")]
    public static partial void Failed(ILogger logger, string method, string detail);

    [LoggerMessage(7, LogLevel.Error, "{Method} failed by a bug.")]
    public static partial void Bug(ILogger logger, string method, Exception exception);
}
