using System.Runtime.InteropServices;
using NUnit.Framework;
using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort.Engines;
using OnnxPipeline.Ort.Engines.Devices;

namespace OnnxPipeline.Ort.Tests.Engines;

/// <summary>
/// A convolutional network that is trained with the statistics of its batches, as a GPU gets it, on the CPU as the device: running statistics, a frozen layer,
/// two rates, weight decay, clipping, micro-batches and going on from what was saved are as with the state in this process's memory.
/// </summary>
[TestFixture]
public sealed class DeviceImagesTests
{
    private const int Side = 6, Channels = 2, Inner = 4, Classes = 3, Steps = 20;

    private static readonly OptimizerSettings Rates = new() { Kind = "", LearningRate = new Dictionary<string, int> { ["fc.weight"] = 1 }, WeightDecay = new Dictionary<string, float> { ["conv2.weight"] = 0.1f, ["fc.weight"] = 0.02f } };

    private static readonly OptimizerSettings[] Optimizers =
    [
        Rates with { Kind = "adamw", AdamMode = 0 },
        Rates with { Kind = "adamw", AdamMode = 1, Epsilon = 1e-6f },
        Rates with { Kind = "sgd" },
        Rates with { Kind = "sgd", Momentum = 0.9f },
    ];

    private string _root = "";
    private ArtifactFolder _artifacts = null!;
    private OdtcCheckpoint _begin = null!;

    [OneTimeSetUp]
    public void Make()
    {
        _root = Directory.CreateTempSubdirectory("device-images").FullName;
        using var target = OutputTarget.Folder(Path.Combine(_root, "artifacts"), force: false);
        ArtifactWriter.Write(Network(), new() { Frozen = ["conv1.*"], BatchNormalization = BatchNormalizationMode.Train }, target);
        target.Commit();
        _artifacts = ArtifactFolder.Open(Path.Combine(_root, "artifacts"));
        _begin = OdtcCheckpoint.Read(_artifacts.Checkpoint);
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, true);

    [TestCaseSource(nameof(Optimizers))]
    public void TwentySteps_OnADevice_HaveLossesParametersAndStatisticsOfTheHost(OptimizerSettings optimizer)
    {
        using var host = Open(optimizer, device: false);
        using var device = Open(optimizer, device: true);
        for (var step = 0; step < Steps; step++)
        {
            var (wanted, found) = (Step(host, step), Step(device, step));
            Assert.That(found.Loss, Is.EqualTo(wanted.Loss).Within(1e-5), $"loss of step {step}");
            Assert.That(found.Norm, Is.EqualTo(wanted.Norm).Within(1e-5), $"norm of step {step}");
        }

        foreach (var (i, parameter) in host.Parameters.Index())
        {
            Assert.That(Floats(device.Parameter(i)), Is.EqualTo(Floats(host.Parameter(i))).Within(2e-5), parameter.Name);
            var begin = _begin.Trainable.Concat(_begin.Frozen).First(saved => saved.Name == parameter.Name).Tensor.As<float>().ToArray();
            Assert.That(Floats(device.Parameter(i)).SequenceEqual(begin), Is.EqualTo(parameter.Name.StartsWith("conv1.", StringComparison.Ordinal)), $"{parameter.Name} stays as it was");
        }

        Assert.That(host.Parameters.Count(parameter => !parameter.Trainable && parameter.Name.StartsWith("bn", StringComparison.Ordinal)), Is.EqualTo(4), "running statistics");
        Fill(host, 7, 99);
        Fill(device, 7, 99);
        Assert.That(device.Evaluate(), Is.EqualTo(host.Evaluate()).Within(1e-5), "by the running statistics");
    }

    [TestCaseSource(nameof(Optimizers))]
    public void Steps_FromWhatWasSaved_GoOnToTheBit(OptimizerSettings optimizer)
    {
        using var whole = Open(optimizer, device: true);
        using var rest = Open(optimizer, device: true);
        for (var step = 0; step < Steps / 2; step++)
        {
            Step(whole, step);
        }

        foreach (var (i, parameter) in whole.Parameters.Index())
        {
            rest.SetParameter(i, whole.Parameter(i).Span);
            for (var m = 0; m < whole.Moments && parameter.Trainable; m++)
            {
                rest.SetMoment(i, m, whole.Moment(i, m).Span);
            }
        }

        rest.Step = whole.Step;
        for (var step = Steps / 2; step < Steps; step++)
        {
            Assert.That(Step(rest, step), Is.EqualTo(Step(whole, step)));
        }

        foreach (var (i, parameter) in whole.Parameters.Index())
        {
            Assert.That(Floats(rest.Parameter(i)), Is.EqualTo(Floats(whole.Parameter(i))), parameter.Name);
        }
    }

    private StockEngine Open(OptimizerSettings optimizer, bool device)
    {
        var settings = new SessionSettings { Threads = 2, Kernels = !device };
        var engine = StockEngine.Create("images", ModelFile.Load(_artifacts.TrainingModel), () => ModelFile.Load(_artifacts.EvalModel), _begin, settings,
            parameters => device ? new DeviceState(parameters, settings) : new HostState(parameters, settings.Threads));
        engine.UseOptimizer(optimizer);
        return engine;
    }

    /// <summary>Two micro-batches, clipped.</summary>
    private static (float Loss, double Norm) Step(StockEngine engine, int step)
    {
        engine.ClearGradients();
        Fill(engine, 6, 2 * step);
        var loss = 0.6f * engine.ForwardBackward(0.6f, 1, step);
        Fill(engine, 4, 2 * step + 1);
        loss += 0.4f * engine.ForwardBackward(0.4f, 2, step);
        var norm = engine.GradientNorm()!.Value;
        engine.OptimizerStep([1e-2f, 5e-3f], (float)Math.Min(1, 0.3 / (norm + 1e-6)));
        return (loss, norm);
    }

    private static void Fill(StockEngine engine, int rows, int seed)
    {
        var random = new Random(seed);
        foreach (ref var x in MemoryMarshal.Cast<byte, float>(engine.Input(0, [rows, Channels, Side, Side])))
        {
            x = random.NextSingle() * 2 - 1;
        }

        foreach (ref var label in MemoryMarshal.Cast<byte, long>(engine.Input(1, [rows])))
        {
            label = random.Next(Classes);
        }
    }

    /// <summary>x [batch, 2, 6, 6] → (Conv, BatchNormalization, Relu) twice → GlobalAveragePool → fc → logits [batch, 3].</summary>
    private static Model Network()
    {
        var random = new Random(8);
        var b = new GraphBuilder(new Graph("images"), 18);
        var y = b.Input("x", ElementType.Float, ["batch", Channels, Side, Side]);
        foreach (var (layer, channels) in new[] { (1, Channels), (2, Inner) })
        {
            // No bias where it is trained: its gradient before a normalization is 0, and AdamW would make steps of what rounding leaves of it.
            y = b.Op("Conv", [y, Weight($"conv{layer}.weight", Inner, channels, 3, 3), layer == 1 ? Weight("conv1.bias", Inner) : null], [("pads", new long[] { 1, 1, 1, 1 })]);
            y = b.Op("BatchNormalization", [y, Weight($"bn{layer}.weight", Inner), Weight($"bn{layer}.bias", Inner), Weight($"bn{layer}.mean", Inner), b.Initializer($"bn{layer}.var", Tensor.Vector<float>(1, 2, 1, 0.5f))]);
            y = b.Relu(y);
        }

        b.Output(b.Gemm(b.Op("Flatten", [b.Op("GlobalAveragePool", [y])]), Weight("fc.weight", Inner, Classes), Weight("fc.bias", Classes)), "logits");
        var model = new Model(b.Graph) { IrVersion = 8 };
        model.OpsetImports.Add("", 18);
        return model;

        Value Weight(string name, params long[] dims) =>
            b.Initializer(name, Tensor.From<float>([.. Enumerable.Range(0, (int)dims.Aggregate(1L, (n, d) => n * d)).Select(_ => random.NextSingle() - 0.5f)], dims));
    }

    private static float[] Floats(ReadOnlyMemory<byte> bytes) => MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray();
}
