using Grpc.Core;
using Grpc.Health.V1;
using OnnxPipeline.Protos.OpenInference;
using OnnxPipeline.Serving;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace OnnxPipeline.Server.Services;

/// <summary>grpc.health.v1: the server as a whole under the empty name and that of the inference service, every model under its own.</summary>
internal sealed class HealthService(ModelRepository repository) : Health.HealthBase
{
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) => Of(request.Service) is { } status
        ? Task.FromResult(new HealthCheckResponse { Status = status })
        : throw new ServingException(ServingErrorKind.NotFound, $"Health is known of the server (the empty name) and of models, not of '{request.Service}'.");

    /// <summary>The status now, and the end of serving when the server drains; then the stream is complete.</summary>
    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        var first = Of(request.Service) ?? ServingStatus.ServiceUnknown;
        await responseStream.WriteAsync(new HealthCheckResponse { Status = first }, context.CancellationToken);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, repository.Draining);
        await Task.Delay(Timeout.Infinite, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first == ServingStatus.Serving && !context.CancellationToken.IsCancellationRequested)
        {
            await responseStream.WriteAsync(new HealthCheckResponse { Status = ServingStatus.NotServing }, context.CancellationToken);
        }
    }

    /// <summary>Null for a name that stands for nothing.</summary>
    private ServingStatus? Of(string service) =>
        service.Length > 0 && service != GRPCInferenceService.Descriptor.FullName && repository.Models.All(model => model.Name != service) ? null
        : repository.Draining.IsCancellationRequested ? ServingStatus.NotServing : ServingStatus.Serving;
}
