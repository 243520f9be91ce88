using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using OnnxPipeline.Protos.OpenInference;
using Service = OnnxPipeline.Protos.OpenInference.GRPCInferenceService.GRPCInferenceServiceClient;

namespace OnnxPipeline.Client;

/// <summary>
/// A server of the Open Inference Protocol (ours, Triton, KServe, MLServer). One client serves a whole program: it may be used from several
/// threads, and opens further connections as calls need them. Every call throws <see cref="InferenceException"/> where it is not answered,
/// <see cref="OperationCanceledException"/> where the caller cancels it.
/// </summary>
public sealed class InferenceClient : IDisposable
{
    private readonly GrpcChannel channel;
    private readonly Service service;
    private readonly TimeSpan? timeout;

    private InferenceClient(GrpcChannel channel, TimeSpan? timeout) => (this.channel, service, this.timeout) = (channel, new Service(channel), timeout);

    /// <summary>A client of the server at <paramref name="address"/>; the connection is made by the first call.</summary>
    /// <param name="address"><c>http://host:8001</c>, or <c>host:8001</c>.</param>
    /// <param name="timeout">How long any call may take [null: as long as it takes].</param>
    /// <exception cref="UriFormatException">That is no address.</exception>
    public static InferenceClient Connect(string address, TimeSpan? timeout = null) => new(GrpcChannel.ForAddress(
        address.Contains("://", StringComparison.Ordinal) ? address : "http://" + address,
        new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
        }), timeout);

    /// <summary>Whether the server answers.</summary>
    public async Task<bool> IsLiveAsync(CancellationToken cancellation = default) =>
        (await Call("ServerLive", service.ServerLiveAsync, new ServerLiveRequest(), null, cancellation)).Live;

    /// <summary>Whether the server takes inference calls.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellation = default) =>
        (await Call("ServerReady", service.ServerReadyAsync, new ServerReadyRequest(), null, cancellation)).Ready;

    /// <summary>Whether a model takes inference calls; false for one that the server does not know.</summary>
    /// <param name="version">Empty: the highest there is.</param>
    public async Task<bool> IsModelReadyAsync(string model, string version = "", CancellationToken cancellation = default) =>
        (await Call("ModelReady", service.ModelReadyAsync, new ModelReadyRequest { Name = model, Version = version }, null, cancellation)).Ready;

    /// <summary>What the server says of itself.</summary>
    public async Task<ServerDescription> DescribeAsync(CancellationToken cancellation = default)
    {
        var response = await Call("ServerMetadata", service.ServerMetadataAsync, new ServerMetadataRequest(), null, cancellation);
        return new ServerDescription(response.Name, response.Version, response.Extensions);
    }

    /// <summary>What a model takes and gives.</summary>
    /// <param name="version">Empty: the highest there is.</param>
    public async Task<ModelDescription> DescribeModelAsync(string model, string version = "", CancellationToken cancellation = default)
    {
        var response = await Call("ModelMetadata", service.ModelMetadataAsync, new ModelMetadataRequest { Name = model, Version = version }, null, cancellation);
        return new ModelDescription(response.Name, response.Versions, response.Platform, Describe(response.Inputs), Describe(response.Outputs));
    }

    /// <summary>One computation; tensors go and come in raw form.</summary>
    /// <param name="inputs">Each input of the model once, in any order.</param>
    public async Task<InferAnswer> InferAsync(string model, IReadOnlyList<ModelTensor> inputs, InferOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new InferOptions();
        var request = new ModelInferRequest
        {
            ModelName = model,
            ModelVersion = options.Version,
            Id = options.Id,
            Inputs = { inputs.Select(input => new ModelInferRequest.Types.InferInputTensor { Name = input.Name, Datatype = input.Datatype, Shape = { input.Shape } }) },
            Outputs = { options.Outputs.Select(output => new ModelInferRequest.Types.InferRequestedOutputTensor { Name = output }) },
            RawInputContents = { inputs.Select(input => UnsafeByteOperations.UnsafeWrap(input.Raw)) },
        };
        var response = await Call("ModelInfer", service.ModelInferAsync, request, options.Timeout, cancellation);
        if (response.RawOutputContents.Count != response.Outputs.Count)
        {
            throw new InferenceException("ModelInfer", new RpcException(new Status(StatusCode.Internal, $"The answer has {response.RawOutputContents.Count} raw contents for {response.Outputs.Count} outputs.")));
        }

        return new InferAnswer(response.ModelName, response.ModelVersion, response.Id, [.. response.Outputs.Zip(response.RawOutputContents, (output, raw) => new ModelTensor(output.Name, output.Datatype, output.Shape, raw.Memory))]);
    }

    public void Dispose() => channel.Dispose();

    private static TensorDescription[] Describe(IEnumerable<ModelMetadataResponse.Types.TensorMetadata> tensors) =>
        [.. tensors.Select(tensor => new TensorDescription(tensor.Name, tensor.Datatype, tensor.Shape))];

    private async Task<TResponse> Call<TRequest, TResponse>(
        string name, Func<TRequest, CallOptions, AsyncUnaryCall<TResponse>> method, TRequest request, TimeSpan? own, CancellationToken cancellation)
    {
        try
        {
            using var call = method(request, new CallOptions(deadline: DateTime.UtcNow + (own ?? timeout), cancellationToken: cancellation));
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Status.Detail, e, cancellation);
        }
        catch (RpcException e)
        {
            throw new InferenceException(name, e);
        }
    }
}
