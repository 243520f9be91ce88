using Grpc.Core;
using NUnit.Framework;
using OnnxPipeline.Client;
using OnnxPipeline.Serving;

namespace OnnxPipeline.Server.Tests;

/// <summary>Overload, deadlines, cancellation, drain: calls on a model that computes until it is let go.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LoadTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly ModelTensor X = ModelTensor.From<float>("x", [1f]);
    private readonly SemaphoreSlim computing = new(0);
    private readonly ManualResetEventSlim letGo = new();
    private LocalServer server = null!;

    [TearDown]
    public async Task Stop()
    {
        letGo.Set();
        await server.DisposeAsync();
    }

    public void Dispose()
    {
        computing.Dispose();
        letGo.Dispose();
    }

    [Test]
    public async Task ModelInfer_MoreCallsThanAdmitted_IsResourceExhaustedAtOnce()
    {
        await Start(new ServingOptions { MaxInFlight = 2, MaxRunning = 1 });
        var (running, waiting) = (Infer(), Infer());
        await UntilInFlight(2);
        Assert.That((await Refused(Infer())).Status, Is.EqualTo(StatusCode.ResourceExhausted));
        letGo.Set();
        await Task.WhenAll(running, waiting).WaitAsync(Patience);
        await Infer().WaitAsync(Patience); // there is room again
    }

    [Test]
    public async Task ModelInfer_DeadlineWhileComputing_EndsTheComputation()
    {
        await Start(new ServingOptions());
        Assert.That((await Refused(Infer(new InferOptions { Timeout = TimeSpan.FromMilliseconds(200) }))).Status, Is.EqualTo(StatusCode.DeadlineExceeded));
        await UntilInFlight(0);
    }

    [Test]
    public async Task ModelInfer_CancelledWhileComputing_EndsTheComputation()
    {
        await Start(new ServingOptions());
        using var cancel = new CancellationTokenSource();
        var call = Infer(cancellation: cancel.Token);
        await Computing();
        await cancel.CancelAsync();
        await Assert.ThatAsync(() => call.WaitAsync(Patience), Throws.InstanceOf<OperationCanceledException>());
        await UntilInFlight(0);
    }

    [Test]
    public async Task ModelInfer_CancelledWhileWaiting_NeverComputes()
    {
        await Start(new ServingOptions { MaxRunning = 1 });
        var running = Infer();
        await Computing();
        using var cancel = new CancellationTokenSource();
        var waiting = Infer(cancellation: cancel.Token);
        await UntilInFlight(2);
        await cancel.CancelAsync();
        await Assert.ThatAsync(() => waiting.WaitAsync(Patience), Throws.InstanceOf<OperationCanceledException>());
        await UntilInFlight(1);
        letGo.Set();
        await running.WaitAsync(Patience);
        Assert.That(computing.CurrentCount, Is.Zero);
    }

    [Test]
    public async Task Drain_CallInFlight_IsAnsweredAndNewOnesAreUnavailable()
    {
        await Start(new ServingOptions());
        var call = Infer();
        await Computing();
        var drain = server.Server.DrainAsync();
        Assert.That((await Refused(Infer())).Status, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(await server.Client.IsReadyAsync(), Is.False);
        Assert.That(await server.Client.IsModelReadyAsync("slow"), Is.False);
        Assert.That(drain.IsCompleted, Is.False);
        letGo.Set();
        Assert.That((await call.WaitAsync(Patience)).Outputs.Single().As<float>()[0], Is.EqualTo(1f));
        await drain.WaitAsync(Patience);
        Assert.That((await Refused(Infer())).Status, Is.EqualTo(StatusCode.Unavailable)); // nobody listens
    }

    [Test]
    public async Task Drain_CallLongerThanTheGrace_IsCancelled()
    {
        await Start(new ServingOptions(), new ServerOptions { ShutdownGrace = TimeSpan.FromMilliseconds(200) });
        var call = Infer();
        await Computing();
        await server.Server.DrainAsync().WaitAsync(Patience);
        Assert.That((await Refused(call)).Status, Is.EqualTo(StatusCode.Unavailable).Or.EqualTo(StatusCode.Cancelled).Or.EqualTo(StatusCode.Internal));
        await UntilInFlight(0);
    }

    private async Task Start(ServingOptions serving, ServerOptions? options = null) =>
        server = await LocalServer.Of(new ModelRepository([Models.Slow(computing, letGo)], serving), options);

    private Task<InferAnswer> Infer(InferOptions? options = null, CancellationToken cancellation = default) => server.Client.InferAsync("slow", [X], options, cancellation);

    private async Task Computing() => Assert.That(await computing.WaitAsync(Patience));

    private async Task UntilInFlight(int count)
    {
        for (var end = DateTime.UtcNow + Patience; server.Repository.InFlight != count; await Task.Delay(5))
        {
            Assert.That(DateTime.UtcNow, Is.LessThan(end), $"{server.Repository.InFlight} calls in flight");
        }
    }

    private static async Task<InferenceException> Refused(Task<InferAnswer> call)
    {
        try
        {
            await call.WaitAsync(Patience);
        }
        catch (InferenceException e)
        {
            return e;
        }

        throw new AssertionException("The call succeeded.");
    }
}
