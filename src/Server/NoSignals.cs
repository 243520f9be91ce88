using Microsoft.Extensions.Hosting;

namespace OnnxPipeline.Server;

/// <summary>Signals are the program's matter, not the host's: it drains first.</summary>
internal sealed class NoSignals : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
