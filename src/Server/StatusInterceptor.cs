using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;
using OnnxPipeline.Serving;

namespace OnnxPipeline.Server;

/// <summary>Makes statuses of the exceptions that services let through.</summary>
internal sealed class StatusInterceptor(ILogger<StatusInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    private RpcException Translate(Exception exception, ServerCallContext context)
    {
        var status = exception switch
        {
            ServingException known => StatusMap.Of(known),
            OperationCanceledException when context.CancellationToken.IsCancellationRequested => StatusMap.OfCancellation(context.Deadline),
            _ => StatusMap.OfBug(exception),
        };
        if (exception is ServingException or OperationCanceledException && status.StatusCode != StatusCode.Internal)
        {
            ServerLog.Refused(logger, context.Method, status.StatusCode, status.Detail);
        }
        else if (exception is ServingException)
        {
            ServerLog.Failed(logger, context.Method, status.Detail);
        }
        else
        {
            ServerLog.Bug(logger, context.Method, exception);
        }

        return new RpcException(status);
    }
}
