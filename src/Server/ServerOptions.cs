using System.Net;

namespace OnnxPipeline.Server;

/// <summary>Where a server listens and how much it takes; how many calls it takes at once is the repository's matter.</summary>
public sealed record ServerOptions
{
    /// <summary>The address to listen on [every IPv4 address of the machine].</summary>
    public IPAddress Address { get; init; } = IPAddress.Any;

    /// <summary>HTTP/2 without TLS; 0: a free one, which <see cref="InferenceServer.Addresses"/> tell [8001].</summary>
    public int Port { get; init; } = 8001;

    /// <summary>The largest request, in bytes, at least 1; a larger one is answered RESOURCE_EXHAUSTED. Answers have no limit [256 MiB].</summary>
    public int MaxRequestBytes { get; init; } = 256 << 20;

    /// <summary>How long draining waits for calls in flight before it cancels them; more than zero [30 s].</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether warnings and errors go to standard error [false: nothing is logged].</summary>
    public bool Log { get; init; }
}
