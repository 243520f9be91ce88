using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using NUnit.Framework;

namespace OnnxPipeline.Client.Tests;

/// <summary>Where there is no server; with one, <c>Server.Tests</c> call through this client.</summary>
public sealed class InferenceClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Test]
    public async Task Call_NobodyListens_IsUnavailable()
    {
        using var client = InferenceClient.Connect($"127.0.0.1:{FreePort()}", Patience);
        var e = (await Assert.ThrowsAsync<InferenceException>(() => client.IsLiveAsync().WaitAsync(Patience)))!;
        Assert.That(e.Status, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(e.Message, Does.StartWith("ServerLive: Unavailable"));
    }

    [Test]
    public async Task Call_ServerThatNeverAnswers_EndsWithTheDeadlineOrTheCaller()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}";
        using (var client = InferenceClient.Connect(address, TimeSpan.FromMilliseconds(200)))
        {
            Assert.That((await Assert.ThrowsAsync<InferenceException>(() => client.IsReadyAsync().WaitAsync(Patience)))!.Status, Is.EqualTo(StatusCode.DeadlineExceeded));
        }

        using (var client = InferenceClient.Connect(address))
        using (var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200)))
        {
            await Assert.ThatAsync(() => client.InferAsync("m", [], cancellation: cancel.Token).WaitAsync(Patience), Throws.InstanceOf<OperationCanceledException>());
        }
    }

    [Test]
    public void Connect_NoAddress_IsRefused() => Assert.That(() => InferenceClient.Connect("http://:"), Throws.InstanceOf<UriFormatException>());

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
