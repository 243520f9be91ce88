using System.Net;
using Grpc.Net.Client;
using OnnxPipeline.Client;
using OnnxPipeline.Protos.OpenInference;
using OnnxPipeline.Serving;

namespace OnnxPipeline.Server.Tests;

/// <summary>A server on a free port of the loopback interface, with a client and a bare channel to it.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    /// <summary>Far more than any call here takes: who waits longer waits for ever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private LocalServer(ModelRepository repository, InferenceServer server)
    {
        (Repository, Server) = (repository, server);
        Channel = GrpcChannel.ForAddress(server.Addresses[0], new GrpcChannelOptions { MaxReceiveMessageSize = null });
        Client = InferenceClient.Connect(server.Addresses[0], Patience);
        Calls = new GRPCInferenceService.GRPCInferenceServiceClient(Channel);
    }

    public static DateTime Deadline => DateTime.UtcNow + Patience;

    public ModelRepository Repository { get; }

    public InferenceServer Server { get; }

    public GrpcChannel Channel { get; }

    public InferenceClient Client { get; }

    public GRPCInferenceService.GRPCInferenceServiceClient Calls { get; }

    public static Task<LocalServer> Of(params ServedModel[] models) => Of(new ModelRepository(models));

    public static async Task<LocalServer> Of(ModelRepository repository, ServerOptions? options = null) =>
        new(repository, await InferenceServer.StartAsync(repository, (options ?? new ServerOptions()) with { Address = IPAddress.Loopback, Port = 0 }).WaitAsync(Patience));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Channel.Dispose();
        await Server.DisposeAsync();
        Repository.Dispose();
    }
}
