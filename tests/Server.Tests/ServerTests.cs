using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Serving;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace OnnxPipeline.Server.Tests;

/// <summary>What a server says of itself and of its models.</summary>
public sealed class ServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Test]
    public async Task Server_Running_IsLiveReadyAndDescribed()
    {
        await using var server = await LocalServer.Of(Models.Pair());
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await server.Client.IsLiveAsync());
            Assert.That(await server.Client.IsReadyAsync());
            Assert.That(await server.Client.IsModelReadyAsync("pair"));
            Assert.That(await server.Client.IsModelReadyAsync("pair", "1"));
            Assert.That(await server.Client.IsModelReadyAsync("pair", "2"), Is.False);
            Assert.That(await server.Client.IsModelReadyAsync("nothing"), Is.False);
            Assert.That((await server.Client.DescribeAsync()).Name, Is.EqualTo("onnxpipe"));
        });
    }

    [Test]
    public async Task ModelMetadata_OfAModel_SaysDatatypesAndShapes()
    {
        await using var server = await LocalServer.Of(Models.Identity(ElementType.String, "m", 3, -1, 4), Models.Identity(ElementType.Float16, "m", 12));
        var described = await server.Client.DescribeModelAsync("m", "3");
        Assert.Multiple(() =>
        {
            Assert.That(described.Versions, Is.EqualTo(new[] { "3", "12" }));
            Assert.That(described.Platform, Is.EqualTo("onnxruntime_onnx"));
            Assert.That(described.Inputs.Single().ToString(), Is.EqualTo("x: BYTES [-1, 4]"));
            Assert.That(described.Outputs.Single().ToString(), Is.EqualTo("y: BYTES [-1, 4]"));
        });
        Assert.That((await server.Client.DescribeModelAsync("m")).Inputs.Single().ToString(), Is.EqualTo("x: FP16 []"));
        var unknown = await Caught.Status(async () => await server.Calls.ModelMetadataAsync(new() { Name = "nothing" }, deadline: LocalServer.Deadline));
        Assert.That(unknown.StatusCode, Is.EqualTo(StatusCode.NotFound));
    }

    [TestCase("")]
    [TestCase("pair")]
    [TestCase("inference.GRPCInferenceService")]
    public async Task Health_WhileServingAndDraining_SaysSo(string name)
    {
        using var computing = new SemaphoreSlim(0);
        using var letGo = new ManualResetEventSlim();
        await using var server = await LocalServer.Of(Models.Pair(), Models.Slow(computing, letGo));
        var health = new Health.HealthClient(server.Channel);
        using var watch = health.Watch(new HealthCheckRequest { Service = name }, deadline: LocalServer.Deadline);
        Assert.That(await watch.ResponseStream.MoveNext(default));
        Assert.That(watch.ResponseStream.Current.Status, Is.EqualTo(ServingStatus.Serving));
        Assert.That(await Check(health, name), Is.EqualTo(ServingStatus.Serving));

        var call = server.Client.InferAsync("slow", [Client.ModelTensor.From<float>("x", [1f])]); // holds the drain
        Assert.That(await computing.WaitAsync(Patience));
        var drain = server.Server.DrainAsync();
        Assert.That(await watch.ResponseStream.MoveNext(default));
        Assert.That(watch.ResponseStream.Current.Status, Is.EqualTo(ServingStatus.NotServing));
        Assert.That(await watch.ResponseStream.MoveNext(default), Is.False);
        Assert.That(await Check(health, name), Is.EqualTo(ServingStatus.NotServing));
        letGo.Set();
        await Task.WhenAll(call, drain).WaitAsync(Patience);
    }

    [Test]
    public async Task Health_OfSomethingUnknown_IsNotFound()
    {
        await using var server = await LocalServer.Of(Models.Pair());
        var health = new Health.HealthClient(server.Channel);
        Assert.That((await Caught.Status(() => Check(health, "nothing"))).StatusCode, Is.EqualTo(StatusCode.NotFound));
    }

    [Test]
    public async Task Reflection_ListsTheServices()
    {
        await using var server = await LocalServer.Of(Models.Pair());
        using var call = new ServerReflection.ServerReflectionClient(server.Channel).ServerReflectionInfo(deadline: LocalServer.Deadline);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.That(await call.ResponseStream.MoveNext(default));
        Assert.That(call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name), Is.SupersetOf(new[] { "inference.GRPCInferenceService", "grpc.health.v1.Health" }));
        await call.RequestStream.CompleteAsync();
    }

    [Test]
    public async Task ModelInfer_RequestAboveTheLimit_IsResourceExhausted()
    {
        await using var server = await LocalServer.Of(new ModelRepository([Models.Identity(ElementType.UInt8, "bytes", 1, -1)]), new ServerOptions { MaxRequestBytes = 1000 });
        var e = await Caught.Status(async () => await server.Calls.ModelInferAsync(Requests.Raw("bytes", "UINT8", new byte[1000], 1000), deadline: LocalServer.Deadline));
        Assert.That(e.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
    }

    [Test]
    public async Task ModelInfer_ComputationThatThrows_IsInternal()
    {
        ServedModel Failing(string name, Exception e) => new(name, 1, [], [new("y", ElementType.Float, [])], (_, _, _) => throw e);
        await using var server = await LocalServer.Of(
            Failing("known", new FileFormatException("node 'Add' overflowed")), Failing("bug", new InvalidOperationException("a secret")));
        var known = await Caught.Status(async () => await server.Calls.ModelInferAsync(new() { ModelName = "known" }, deadline: LocalServer.Deadline));
        var bug = await Caught.Status(async () => await server.Calls.ModelInferAsync(new() { ModelName = "bug" }, deadline: LocalServer.Deadline));
        Assert.Multiple(() =>
        {
            Assert.That((known.StatusCode, bug.StatusCode), Is.EqualTo((StatusCode.Internal, StatusCode.Internal)));
            Assert.That(known.Status.Detail, Does.Contain("node 'Add' overflowed"));
            Assert.That(bug.Status.Detail, Does.Contain("bug").And.Not.Contain("secret"));
        });
    }

    [Test]
    public async Task StartAsync_PortThatIsTaken_SaysWhich()
    {
        await using var server = await LocalServer.Of(Models.Pair());
        var port = new Uri(server.Server.Addresses[0]).Port;
        await Assert.ThatAsync(
            () => InferenceServer.StartAsync(server.Repository, new ServerOptions { Address = System.Net.IPAddress.Loopback, Port = port }).WaitAsync(Patience),
            Throws.InstanceOf<IOException>().With.Message.Contains($"{port}"));
    }

    private static async Task<ServingStatus> Check(Health.HealthClient health, string name) =>
        (await health.CheckAsync(new HealthCheckRequest { Service = name }, deadline: LocalServer.Deadline)).Status;
}
