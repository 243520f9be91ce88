using System.Runtime.InteropServices;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;
using OnnxPipeline.Ort.Engines.Devices;

namespace OnnxPipeline.Ort.Tests.Engines;

/// <summary>
/// The way of training on a GPU, its state in a device's memory and its arithmetic in graphs, on the CPU as the device: the same numbers as with the state in
/// this process's memory and C# kernels.
/// </summary>
public sealed class DeviceStateTests
{
    private static readonly OptimizerSettings[] Optimizers =
    [
        Optimizer("adamw") with { AdamMode = 0 },
        Optimizer("adamw") with { AdamMode = 1, Beta1 = 0.8f, Beta2 = 0.99f, Epsilon = 1e-6f },
        Optimizer("sgd"),
        Optimizer("sgd") with { Momentum = 0.9f },
    ];

    [TestCaseSource(nameof(Optimizers))]
    public void Steps_OnADevice_HaveLossesNormsParametersAndMomentsOfTheHost(OptimizerSettings optimizer)
    {
        using var host = Open(device: false);
        using var device = Open(device: true);
        host.UseOptimizer(optimizer);
        device.UseOptimizer(optimizer);
        Assert.That(device.Moments, Is.EqualTo(host.Moments));
        for (var step = 0; step < 20; step++)
        {
            var (wanted, found) = (Step(host, step), Step(device, step));
            Assert.That(found.Loss, Is.EqualTo(wanted.Loss).Within(1e-5));
            Assert.That(found.Norm, Is.EqualTo(wanted.Norm).Within(1e-5));
        }

        Assert.That(device.Step, Is.EqualTo(20));
        for (var p = 0; p < host.Parameters.Count; p++)
        {
            Assert.That(Floats(device.Parameter(p)), Is.EqualTo(Floats(host.Parameter(p))).Within(2e-5), host.Parameters[p].Name);
            for (var m = 0; m < host.Moments && host.Parameters[p].Trainable; m++)
            {
                Assert.That(Floats(device.Moment(p, m)), Is.EqualTo(Floats(host.Moment(p, m))).Within(2e-5), $"moment {m} of {host.Parameters[p].Name}");
            }
        }
    }

    [Test]
    public void Steps_FrozenParameter_StaysAsItWas()
    {
        using var device = Open(device: true);
        device.UseOptimizer(Optimizers[0]);
        var before = Parameters(device, "shift");
        Step(device, 0);

        Assert.That(Parameters(device, "shift"), Is.EqualTo(before));
        Assert.That(Parameters(device, "shift"), Is.EqualTo(SmallClassifier.Checkpoint().Frozen.Single().Tensor.As<float>().ToArray()));
        Assert.That(Parameters(device, "w1"), Is.Not.EqualTo(SmallClassifier.Checkpoint().Trainable[0].Tensor.As<float>().ToArray()));
    }

    [Test]
    public void Evaluate_OnADevice_SeesTheUpdatedParameters()
    {
        using var host = Open(device: false);
        using var device = Open(device: true);
        foreach (var engine in new[] { host, device })
        {
            engine.UseOptimizer(Optimizers[0]);
            Step(engine, 0);
            Fill(engine, 9, 77);
        }

        Assert.That(device.Evaluate(), Is.EqualTo(host.Evaluate()).Within(1e-5));
        Assert.That(device.FurtherOutput(0).As<float>().ToArray(), Is.EqualTo(host.FurtherOutput(0).As<float>().ToArray()).Within(1e-5));
    }

    [Test]
    public void GradientNorm_NothingAdded_IsZeroAndClearForgets()
    {
        using var device = Open(device: true);
        Fill(device, 5, 1);
        device.ForwardBackward(0.5f, 0, 0);
        Assert.That(device.GradientNorm(), Is.GreaterThan(0));
        device.ClearGradients();
        Assert.That(device.GradientNorm(), Is.Zero);
        Assert.That(Floats(device.Gradient(0)), Is.All.Zero);
    }

    [Test]
    public void SetParameterAndMoment_OnADevice_AreReadBackAndUsed()
    {
        using var first = Open(device: true);
        using var second = Open(device: true);
        first.UseOptimizer(Optimizers[0]);
        second.UseOptimizer(Optimizers[0]);
        Step(first, 0);
        for (var p = 0; p < first.Parameters.Count; p++)
        {
            second.SetParameter(p, first.Parameter(p).Span);
            for (var m = 0; m < first.Moments && first.Parameters[p].Trainable; m++)
            {
                second.SetMoment(p, m, first.Moment(p, m).Span);
            }
        }

        second.Step = first.Step;
        Assert.That(Step(second, 1), Is.EqualTo(Step(first, 1)));
        Assert.That(Parameters(second, "w2"), Is.EqualTo(Parameters(first, "w2")));
    }

    [Test]
    public void Dropout_OnADevice_HasTheMasksOfTheHost()
    {
        using var host = Open(device: false, dropout: 0.5f);
        using var device = Open(device: true, dropout: 0.5f);
        foreach (var step in new[] { 3, 4 })
        {
            Fill(host, 7, 1);
            Fill(device, 7, 1);
            Assert.That(device.ForwardBackward(1, 11, step), Is.EqualTo(host.ForwardBackward(1, 11, step)).Within(1e-5));
        }
    }

    [Test]
    public void SquareSum_OfAMillionElements_IsExactToSingleRounding()
    {
        const int Count = 1 << 20;
        var values = new float[Count];
        var random = new Random(4);
        foreach (ref var value in values.AsSpan())
        {
            value = random.NextSingle() - 0.5f;
        }

        var settings = new SessionSettings { Threads = 2 };
        using var memory = new DeviceMemory(settings);
        using var block = memory.New(Count * sizeof(float));
        memory.Write(block, 0, MemoryMarshal.AsBytes(values.AsSpan()));
        using var session = new BlockSession(BlockGraphs.SquareSum(), settings);
        var result = new double[1];
        unsafe
        {
            fixed (double* target = result)
            {
                var tensor = Native.NativeApi.CreateTensor(target, sizeof(double), [], (int)ElementType.Double);
                session.Run([block.View(0, block.Length, [Count], ElementType.Float)], [tensor], []);
                Native.NativeApi.ReleaseTensor(tensor);
            }
        }

        Assert.That(result[0], Is.EqualTo(values.Sum(v => (double)v * v)).Within(1e-5).Percent);
    }

    private static OptimizerSettings Optimizer(string kind) => new()
    {
        Kind = kind,
        WeightDecay = new Dictionary<string, float> { ["w1"] = 0.1f, ["w2"] = 0.2f },
        LearningRate = new Dictionary<string, int> { ["bias"] = 1 },
    };

    /// <summary>Two micro-batches, clipped.</summary>
    private static (float Loss, double Norm) Step(StockEngine engine, int step)
    {
        engine.ClearGradients();
        Fill(engine, 7, 2 * step);
        var loss = 0.25f * engine.ForwardBackward(0.25f, 1, step);
        Fill(engine, 5, 2 * step + 1);
        loss += 0.75f * engine.ForwardBackward(0.75f, 2, step);
        var norm = engine.GradientNorm()!.Value;
        engine.OptimizerStep([1e-2f, 5e-3f], (float)Math.Min(1, 0.5 / (norm + 1e-6)));
        return (loss, norm);
    }

    private static StockEngine Open(bool device, float dropout = 0)
    {
        var settings = new SessionSettings { Threads = 2, Kernels = !device };
        return StockEngine.Create("training_model.onnx", SmallClassifier.Training(dropout), SmallClassifier.Evaluation, SmallClassifier.Checkpoint(), settings,
            parameters => device ? new DeviceState(parameters, settings) : new HostState(parameters, settings.Threads));
    }

    private static void Fill(StockEngine engine, int rows, int seed)
    {
        var random = new Random(seed);
        foreach (ref var x in MemoryMarshal.Cast<byte, float>(engine.Input(0, [rows, SmallClassifier.Width])))
        {
            x = random.NextSingle() * 2 - 1;
        }

        foreach (ref var label in MemoryMarshal.Cast<byte, long>(engine.Input(1, [rows])))
        {
            label = random.Next(SmallClassifier.Classes);
        }
    }

    private static float[] Parameters(StockEngine engine, string name) => Floats(engine.Parameter(Array.IndexOf(SmallClassifier.Names, name)));

    private static float[] Floats(ReadOnlyMemory<byte> bytes) => MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray();
}
