using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OnnxPipeline.Server.Services;
using OnnxPipeline.Serving;

namespace OnnxPipeline.Server;

/// <summary>A gRPC server (Open Inference Protocol, grpc.health.v1, reflection) in this process, over HTTP/2 without TLS.</summary>
public sealed class InferenceServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ModelRepository repository;
    private readonly ServerOptions options;
    private readonly ILogger logger;

    private InferenceServer(WebApplication app, ModelRepository repository, ServerOptions options)
    {
        (this.app, this.repository, this.options) = (app, repository, options);
        logger = app.Services.GetRequiredService<ILogger<InferenceServer>>();
    }

    /// <summary>Where it listens, such as <c>http://0.0.0.0:8001</c>.</summary>
    public IReadOnlyList<string> Addresses => [.. app.Urls];

    /// <summary>Listens, and gives the server once it does.</summary>
    /// <param name="repository">Stays the caller's to dispose, after the server.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<InferenceServer> StartAsync(ModelRepository repository, ServerOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new ServerOptions();
        LeaveThreadsForConnections(repository.Options.MaxRunning);
        var app = Build(repository, options);
        var server = new InferenceServer(app, repository, options);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        ServerLog.Started(server.logger, string.Join(", ", server.Addresses));
        return server;
    }

    /// <summary>
    /// Ends in order: health says NOT_SERVING and new calls are UNAVAILABLE at once; calls in flight are finished, or cancelled when
    /// <see cref="ServerOptions.ShutdownGrace"/> is over; then nothing listens any more.
    /// </summary>
    public async Task DrainAsync()
    {
        ServerLog.Draining(logger, repository.InFlight, options.ShutdownGrace);
        using var grace = new CancellationTokenSource(options.ShutdownGrace);
        try
        {
            await repository.DrainAsync().WaitAsync(grace.Token);
        }
        catch (OperationCanceledException)
        {
            ServerLog.GraceOver(logger, repository.InFlight, options.ShutdownGrace);
        }

        await app.StopAsync(grace.Token); // answers still on their way out go first
        ServerLog.Stopped(logger);
    }

    /// <summary>Stops at once where <see cref="DrainAsync"/> was not called: calls in flight are cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }

    private static WebApplication Build(ModelRepository repository, ServerOptions options)
    {
        // The empty builder: no settings file of the working directory and no environment variable changes what is served.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownGrace);
        if (options.Log)
        {
            builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => (console.SingleLine, console.ColorBehavior) = (true, LoggerColorBehavior.Disabled));
            builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        }

        builder.Services.AddSingleton(repository).AddSingleton<StatusInterceptor>().AddSingleton<InferenceService>().AddSingleton<HealthService>();
        builder.Services.AddGrpc(grpc => Limit(grpc, options));
        builder.Services.AddGrpcReflection();
        var app = builder.Build();
        app.MapGrpcService<InferenceService>();
        app.MapGrpcService<HealthService>();
        app.MapGrpcReflectionService();
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.Listen(options.Address, options.Port, listen => listen.Protocols = HttpProtocols.Http2);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null; // gRPC's own limit holds; Kestrel's of 30 MB would cut unary calls off
        kestrel.Limits.Http2.InitialConnectionWindowSize = 8 << 20; // tensors of some MiB in one go
        kestrel.Limits.Http2.InitialStreamWindowSize = 4 << 20;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(60); // a caller that is gone does not keep its calls alive
    }

    private static void Limit(GrpcServiceOptions grpc, ServerOptions options)
    {
        grpc.MaxReceiveMessageSize = options.MaxRequestBytes;
        grpc.MaxSendMessageSize = null;
        grpc.Interceptors.Add<StatusInterceptor>();
    }

    /// <summary>Computations block threads of the pool; without further ones a cancellation or a health check would wait for them to end.</summary>
    private static void LeaveThreadsForConnections(int computing)
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, computing + Environment.ProcessorCount), completions);
    }
}
