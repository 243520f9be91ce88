using System.Reflection;
using Grpc.Core;
using OnnxPipeline.Protos.OpenInference;
using OnnxPipeline.Server.Mapping;
using OnnxPipeline.Serving;

namespace OnnxPipeline.Server.Services;

/// <summary>The Open Inference Protocol: map in, call Serving, map out.</summary>
internal sealed class InferenceService(ModelRepository repository) : GRPCInferenceService.GRPCInferenceServiceBase
{
    private static readonly ServerMetadataResponse Metadata = new()
    {
        Name = "onnxpipe",
        Version = typeof(InferenceService).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0",
    };

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = !repository.Draining.IsCancellationRequested });

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelReadyResponse { Ready = repository.IsReady(request.Name, request.Version) });

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(Metadata);

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(ModelDescription.Of(repository.Find(request.Name, request.Version), repository.Versions(request.Name)));

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        var inputs = InputTensors.Of(request);
        var outputs = request.Outputs.Select(output => output.Name).ToArray();
        var result = await repository.InferAsync(request.ModelName, request.ModelVersion, inputs, outputs, context.CancellationToken);
        return OutputTensors.Response(request, result);
    }
}
