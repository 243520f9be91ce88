using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Serving.Tests;

/// <summary>Calls on models of a few lines, without a server.</summary>
public sealed class ModelRepositoryTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly NamedTensor[] Good = [new("x", Tensor.From<float>([1, 2], 1, 2))];

    [Test]
    public async Task InferAsync_RightTensors_GivesEveryOutput()
    {
        using var repository = new ModelRepository([Twice("m", 1)]);
        var result = await repository.InferAsync("m", "", Good, []).WaitAsync(Patience);
        Assert.That(result.Outputs.Select(output => output.Name), Is.EqualTo(new[] { "y", "z" }));
        Assert.That(repository.InFlight, Is.Zero);
    }

    [Test]
    public void Find_EmptyVersion_IsTheHighestNumber()
    {
        using var repository = new ModelRepository([Twice("m", 9), Twice("m", 10), Twice("other", 1)]);
        Assert.Multiple(() =>
        {
            Assert.That(repository.Find("m", "").Version, Is.EqualTo(10));
            Assert.That(repository.Find("m", "9").Version, Is.EqualTo(9));
            Assert.That(repository.Versions("m"), Is.EqualTo(new[] { 9, 10 }));
            Assert.That(repository.Models.Select(model => $"{model.Name}/{model.Version}"), Is.EqualTo(new[] { "m/9", "m/10", "other/1" }));
            Assert.That(repository.IsReady("m", "09"), Is.False);
        });
    }

    [TestCase("none", "", "there are m")]
    [TestCase("m", "2", "it has 1")]
    public async Task InferAsync_UnknownModelOrVersion_IsNotFound(string name, string version, string words)
    {
        using var repository = new ModelRepository([Twice("m", 1)]);
        var e = (await Assert.ThrowsAsync<ServingException>(() => repository.InferAsync(name, version, Good, []).WaitAsync(Patience)))!;
        Assert.That(e.Kind, Is.EqualTo(ServingErrorKind.NotFound));
        Assert.That(e.Message, Does.Contain(words));
        Assert.That(repository.InFlight, Is.Zero);
    }

    [Test]
    public async Task InferAsync_WrongTensors_NamesThem()
    {
        using var repository = new ModelRepository([Twice("m", 1)]);
        var x = Good[0];
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await Refused(repository, [new("x", Tensor.From<double>([1, 2], 1, 2))]), Does.Contain("input 'x': got datatype FP64, wanted FP32"));
            Assert.That(await Refused(repository, [new("x", Tensor.From<float>([1, 2], 2, 1))]), Does.Contain("input 'x': got shape [2, 1], wanted [-1, 2]"));
            Assert.That(await Refused(repository, [new("x", Tensor.From<float>([1, 2], 2))]), Does.Contain("input 'x': got shape [2], wanted [-1, 2]"));
            Assert.That(await Refused(repository, []), Does.Contain("input 'x' is missing"));
            Assert.That(await Refused(repository, [x, new("w", x.Tensor)]), Does.Contain("'w'"));
            Assert.That(await Refused(repository, [x, x]), Does.Contain("input 'x': got it twice"));
            Assert.That(await Refused(repository, Good, "v"), Does.Contain("output 'v'"));
            Assert.That(await Refused(repository, Good, "y", "y"), Does.Contain("output 'y'"));
        });
    }

    [Test]
    public async Task InferAsync_OptionalInput_MayBeLeftOut()
    {
        TensorInfo[] inputs = [new("x", ElementType.Float, [-1, 2]), new("scale", ElementType.Float, [])];
        using var repository = new ModelRepository([new("m", 1, inputs, [new("y", ElementType.Float, [-1, 2])], (given, _, _) => [new("y", given[0].Tensor)], new HashSet<string> { "scale" })]);
        await repository.InferAsync("m", "", Good, []).WaitAsync(Patience);
        Assert.That(await Refused(repository, []), Does.Contain("input 'x' is missing"));
    }

    [Test]
    public async Task InferAsync_MoreThanMayBeInFlight_IsOverloaded()
    {
        using var letGo = new ManualResetEventSlim();
        using var repository = new ModelRepository([Slow(letGo)], new ServingOptions { MaxInFlight = 3, MaxRunning = 1 });
        var admitted = Enumerable.Range(0, 3).Select(_ => Task.Run(() => repository.InferAsync("slow", "", [], []))).ToArray();
        await Until(() => repository.InFlight == 3);
        Assert.That((await Assert.ThrowsAsync<ServingException>(() => repository.InferAsync("slow", "", [], [])))!.Kind, Is.EqualTo(ServingErrorKind.Overloaded));
        letGo.Set();
        await Task.WhenAll(admitted).WaitAsync(Patience);
        await repository.InferAsync("slow", "", [], []).WaitAsync(Patience);
    }

    [Test]
    public async Task InferAsync_ManyCallers_NeverComputesMoreThanMayRun()
    {
        var (running, most) = (0, 0);
        using var repository = new ModelRepository(
            [new("m", 1, [], [], (_, _, _) =>
            {
                var now = Interlocked.Increment(ref running);
                Interlocked.CompareExchange(ref most, now, now - 1);
                Thread.Sleep(1);
                Interlocked.Decrement(ref running);
                return [];
            })],
            new ServingOptions { MaxRunning = 2 });
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => repository.InferAsync("m", "", [], [])))).WaitAsync(Patience);
        Assert.That(most, Is.InRange(1, 2));
    }

    [Test]
    public async Task InferAsync_CancelledWhileComputingOrWaiting_LeavesNothingInFlight()
    {
        using var letGo = new ManualResetEventSlim();
        using var repository = new ModelRepository([Slow(letGo)], new ServingOptions { MaxRunning = 1 });
        using var cancel = new CancellationTokenSource();
        var calls = Enumerable.Range(0, 2).Select(_ => Task.Run(() => repository.InferAsync("slow", "", [], [], cancel.Token))).ToArray();
        await Until(() => repository.InFlight == 2);
        await cancel.CancelAsync();
        foreach (var call in calls)
        {
            await Assert.ThatAsync(() => call.WaitAsync(Patience), Throws.InstanceOf<OperationCanceledException>());
        }

        Assert.That(repository.InFlight, Is.Zero);
    }

    [Test]
    public async Task DrainAsync_CallInFlight_WaitsForItAndAdmitsNoOther()
    {
        using var letGo = new ManualResetEventSlim();
        using var repository = new ModelRepository([Slow(letGo)]);
        var call = Task.Run(() => repository.InferAsync("slow", "", [], []));
        await Until(() => repository.InFlight == 1);
        var drain = repository.DrainAsync();
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(drain.IsCompleted, Is.False);
            Assert.That(repository.Draining.IsCancellationRequested);
            Assert.That(repository.IsReady("slow", ""), Is.False);
            Assert.That((await Assert.ThrowsAsync<ServingException>(() => repository.InferAsync("slow", "", [], [])))!.Kind, Is.EqualTo(ServingErrorKind.Unavailable));
        });
        letGo.Set();
        await Task.WhenAll(call, drain).WaitAsync(Patience);
        await repository.DrainAsync().WaitAsync(Patience);
    }

    private static ServedModel Twice(string name, int version) => new(
        name,
        version,
        [new("x", ElementType.Float, [-1, 2])],
        [new("y", ElementType.Float, [-1, 2]), new("z", ElementType.Float, [-1, 2])],
        (inputs, outputs, _) => [.. outputs.Select(output => new NamedTensor(output, inputs[0].Tensor))]);

    private static ServedModel Slow(ManualResetEventSlim letGo) => new("slow", 1, [], [], (_, _, cancellation) =>
    {
        letGo.Wait(cancellation);
        return [];
    });

    private static async Task<string> Refused(ModelRepository repository, NamedTensor[] inputs, params string[] outputs)
    {
        var e = (await Assert.ThrowsAsync<ServingException>(() => repository.InferAsync("m", "", inputs, outputs).WaitAsync(Patience)))!;
        Assert.That(e.Kind, Is.EqualTo(ServingErrorKind.InvalidArgument));
        return e.Message;
    }

    private static async Task Until(Func<bool> condition)
    {
        for (var end = DateTime.UtcNow + Patience; !condition(); await Task.Delay(5))
        {
            Assert.That(DateTime.UtcNow, Is.LessThan(end));
        }
    }
}
