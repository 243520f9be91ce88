using System.Runtime.InteropServices;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RuntimeCheckpointTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("odtc").FullName;

    private string File => Path.Combine(_root, "checkpoint");

    public void Dispose() => Directory.Delete(_root, true);

    [Test]
    public void Load_WhatSaveWrote_HasParametersMomentsAndStep()
    {
        using var engine = Trained();
        RuntimeCheckpoint.Save(engine, File, 0.5f);
        using var loaded = new LineEngine();
        RuntimeCheckpoint.Load(loaded, File);

        Assert.That(Numbers(loaded), Is.EqualTo(Numbers(engine)));
        Assert.That(loaded.Step, Is.EqualTo(3));
    }

    [Test]
    public void Save_Content_IsAsMicrosoftsRuntimeWritesIt()
    {
        using var engine = Trained();
        RuntimeCheckpoint.Save(engine, File, 0.5f);
        var content = OdtcCheckpoint.Read(File);

        Assert.That(content.Trainable.Select(t => t.Name), Is.EqualTo(new[] { "b", "w" }), "sorted");
        Assert.That(content.Frozen, Is.Empty);
        var group = content.OptimizerGroups!.Single();
        Assert.That((group.Name, group.Step, group.InitialLearningRate), Is.EqualTo(("group0", 3L, 0.5f)));
        Assert.That(group.States.Select(s => $"{s.Parameter}: {string.Join(", ", s.Momentums.Select(m => m.Name))}"), Is.EqualTo(new[] { "b: momentum0", "w: momentum0" }));
        Assert.That(new FileInfo(File).Length, Is.LessThanOrEqualTo(RuntimeCheckpoint.BytesOf(engine)!.Value));
    }

    [Test]
    public void Save_OptimizerWithoutMoments_WritesTheZerosThatTheRuntimeWants()
    {
        using var engine = new SumEngine();
        RuntimeCheckpoint.Save(engine, File, 0.5f);

        var moments = OdtcCheckpoint.Read(File).OptimizerGroups!.Single().States.SelectMany(s => s.Momentums).ToList();
        Assert.That(moments, Is.Not.Empty);
        Assert.That(moments.SelectMany(m => m.Tensor.As<float>().ToArray()), Is.All.Zero);
    }

    [Test]
    public void Load_NoOptimizerState_BeginsWithAFreshOptimizer()
    {
        using var engine = Trained();
        Write(engine, []);
        using var loaded = new LineEngine();
        RuntimeCheckpoint.Load(loaded, File);

        Assert.That(loaded.Step, Is.Zero);
        Assert.That(Numbers(loaded)[2..], Is.All.Zero);
        Assert.That(Numbers(loaded)[..2], Is.EqualTo(Numbers(engine)[..2]));
    }

    [TestCase(1, 1, "w", "'momentum0 of b' is")]
    [TestCase(1, 2, "w", "2 moments of 'w', the optimizer of this run keeps 1")]
    [TestCase(1, 1, "x", "none of 'w'")]
    public void Load_StateOfAnotherOptimizerOrModel_IsRefusedByName(int size, int moments, string first, string message)
    {
        using var engine = Trained();
        ParameterState State(string name, int size) => new(name, [.. Enumerable.Range(0, moments).Select(m => new NamedTensor($"momentum{m}", Tensor.Vector(new float[size])))]);
        Write(engine, [new("group0", 4, 0, [State(first, size), State("b", 2)])]);
        using var loaded = new LineEngine();

        Assert.That(() => RuntimeCheckpoint.Load(loaded, File), Throws.TypeOf<TrainingException>().With.Message.Contains(message).And.Message.Contains(File));
    }

    [Test]
    public void Load_StepBelowZero_IsRefused()
    {
        using var engine = Trained();
        ParameterState State(string name) => new(name, [new NamedTensor("momentum0", Tensor.Vector<float>([0]))]);
        Write(engine, [new("group0", -1, 0, [State("w"), State("b")])]);
        using var loaded = new LineEngine();

        Assert.That(() => RuntimeCheckpoint.Load(loaded, File), Throws.TypeOf<TrainingException>().With.Message.Contains("-1 steps").And.Message.Contains(File));
    }

    private void Write(LineEngine engine, IReadOnlyList<OptimizerGroup> groups) => new OdtcCheckpoint
    {
        Trainable = [.. engine.Parameters.Select((p, i) => new NamedTensor(p.Name, new(p.Type, [.. p.Dims], engine.Parameter(i))))],
        OptimizerGroups = groups,
    }.Write(File);

    private static LineEngine Trained()
    {
        var engine = new LineEngine();
        engine.UseOptimizer(new OptimizerSettings { Kind = "sgd", Momentum = 0.5f });
        for (var step = 0; step < 3; step++)
        {
            MemoryMarshal.Cast<byte, float>(engine.Input(0, [2])).Fill(1 + step);
            MemoryMarshal.Cast<byte, float>(engine.Input(1, [2])).Fill(2);
            engine.ClearGradients();
            engine.ForwardBackward(1, 0, step);
            engine.OptimizerStep([0.1f], 1);
        }

        return engine;
    }

    private static float[] Numbers(LineEngine engine) =>
        [.. new[] { engine.Parameter(0), engine.Parameter(1), engine.Moment(0, 0), engine.Moment(1, 0) }.Select(m => MemoryMarshal.Cast<byte, float>(m.Span)[0])];
}
