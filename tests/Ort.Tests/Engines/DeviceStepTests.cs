using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;
using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Models;
using OnnxPipeline.Ort.Engines;
using OnnxPipeline.Ort.Engines.Devices;

namespace OnnxPipeline.Ort.Tests.Engines;

/// <summary>Steps of a GPT and a BERT as a GPU gets them, dropout included, on the CPU as the device.</summary>
[TestFixture]
public sealed partial class DeviceStepTests
{
    private const int Rows = 3, Length = 10, Steps = 20;

    private static readonly string[] Models = ["gpt2", "bert"];

    private readonly Dictionary<string, ArtifactFolder> _artifacts = [];
    private string _root = "";

    [OneTimeSetUp]
    public void Make()
    {
        _root = Directory.CreateTempSubdirectory("device").FullName;
        Add("gpt2", "clm", "*wpe*", """{ "model_type": "gpt2", "vocab_size": 40, "n_positions": 16, "n_embd": 16, "n_layer": 2, "n_head": 2 }""");
        Add("bert", "mlm", "*position_embeddings*", """
            { "model_type": "bert", "vocab_size": 40, "max_position_embeddings": 16, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2 }
            """);
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, true);

    [TestCaseSource(nameof(Models))]
    public void TwentySteps_AsOnAGpu_HaveTheLossesOfTheCpu(string model)
    {
        var (host, device) = (Train(model, device: false), Train(model, device: true));

        Assert.That(device.Losses, Is.EqualTo(host.Losses).Within(1e-4));
        Assert.That(host.Losses[^1], Is.LessThan(host.Losses[0] - 0.1f));
        foreach (var (name, values) in host.Parameters)
        {
            Assert.That(device.Parameters[name], Is.EqualTo(values).Within(1e-4), name);
        }
    }

    [TestCaseSource(nameof(Models))]
    public void Operators_OfAStep_StandInTheTableOfThoseThatCudaHas(string model)
    {
        var profile = Path.Combine(_root, $"{model}-profile");
        using var engine = StockEngine.Load(_artifacts[model], new SessionSettings { Threads = 2, Kernels = false, Profile = profile });
        Fill(engine, 0);
        engine.ForwardBackward(1, 1, 0);
        var table = Row().Matches(File.ReadAllText(Path.Combine(Root(), "docs", "cuda.md"))).SelectMany(row => row.Groups[1].Value.Split(", ")).ToHashSet();

        Assert.That(engine.EndProfile().Nodes.Select(node => node.Operator).Distinct().Except(table), Is.Empty, "look into ONNX Runtime's list of kernels whether CUDA has them, and name them in docs/cuda.md");
    }

    private void Add(string name, string head, string frozen, string config)
    {
        using var target = OutputTarget.Folder(Path.Combine(_root, name), force: false);
        ArtifactWriter.Write(FamilyTable.Build(ConfigFile.Parse(Encoding.UTF8.GetBytes(config), name), new BuildOptions(head, WithLoss: true, Seed: 3)),
            new ArtifactOptions { Loss = "none", LossInput = "loss", Frozen = [frozen], Known = new Manifest { Family = name } }, target);
        target.Commit();
        _artifacts.Add(name, ArtifactFolder.Open(Path.Combine(_root, name)));
    }

    private (float[] Losses, IReadOnlyDictionary<string, float[]> Parameters) Train(string model, bool device)
    {
        var folder = _artifacts[model];
        var settings = new SessionSettings { Threads = 2, Kernels = !device };
        using var engine = StockEngine.Create(model, ModelFile.Load(folder.TrainingModel), () => ModelFile.Load(folder.EvalModel), OdtcCheckpoint.Read(folder.Checkpoint), settings,
            parameters => device ? new DeviceState(parameters, settings) : new HostState(parameters, settings.Threads));
        engine.UseOptimizer(new OptimizerSettings { Kind = "adamw", WeightDecay = engine.Parameters.Where(p => p.Dims.Count > 1).ToDictionary(p => p.Name, _ => 0.1f) });
        var losses = new float[Steps];
        for (var step = 0; step < Steps; step++)
        {
            Fill(engine, step);
            engine.ClearGradients();
            losses[step] = engine.ForwardBackward(1, 1, step);
            engine.OptimizerStep([5e-3f], (float)Math.Min(1, 1 / (engine.GradientNorm()!.Value + 1e-6)));
        }

        return (losses, engine.Parameters.Index().ToDictionary(p => p.Item.Name, p => MemoryMarshal.Cast<byte, float>(engine.Parameter(p.Index).Span).ToArray()));
    }

    private static void Fill(StockEngine engine, int step)
    {
        for (var input = 0; input < engine.Inputs.Count; input++)
        {
            var values = MemoryMarshal.Cast<byte, long>(engine.Input(input, [Rows, Length]));
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = engine.Inputs[input].Name switch
                {
                    "attention_mask" => i % Length < Length - (i / Length) ? 1 : 0,
                    "token_type_ids" => i % Length >= 5 ? 1 : 0,
                    "labels" => i % Length < Length - (i / Length) && (i + step) % 3 == 0 ? (i * 7 % 23) : -100,
                    _ => i * 7 % 23,
                };
            }
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OnnxPipeline.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("These tests run inside the repository.");
    }

    /// <summary>A row of the table: its first cell names operators.</summary>
    [GeneratedRegex(@"^\| ([A-Z]\w*(?:, [A-Z]\w*)*) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
