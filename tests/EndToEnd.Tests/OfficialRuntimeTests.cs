using System.Globalization;
using System.Text.Json;
using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>
/// Artifacts that the program makes, trained for 20 steps by its own engine and by Microsoft's training runtime (1.19.2 as WebAssembly, in Node):
/// the losses of both are the stored ones. Microsoft's part is skipped where Node or the packages of <c>tests/official-runtime</c> are absent.
/// </summary>
[TestFixture]
public sealed class OfficialRuntimeTests
{
    private const int Steps = 20;
    private const int Batch = 4;
    private const double Tolerance = 1e-4;

    private static readonly string Folder = NodeScript.Folder;

    /// <summary>
    /// Of the model <c>mlp</c> after half of the steps at rate 0.001, saved with its optimizer's state by ONNX Runtime Training 1.19.2 (native, Linux x64;
    /// the WebAssembly one has no call that saves).
    /// </summary>
    private static readonly string OfficialCheckpoint = Path.Combine(Folder, "mlp.checkpoint");

    private static readonly JsonSerializerOptions Lines = new() { WriteIndented = true, NewLine = "\n" };

    private readonly Dictionary<string, Trained> _trained = [];
    private string _root = "";

    /// <param name="Artifacts">Their folder.</param>
    /// <param name="Inputs">What every input gets in all steps, one after the other.</param>
    /// <param name="Losses">What the program's own engine found.</param>
    /// <param name="Evaluation">Its loss of the first batch afterwards.</param>
    private sealed record Trained(string Artifacts, IReadOnlyList<NamedTensor> Inputs, double[] Losses, double Evaluation);

    private sealed record Official(double[] Losses, double Evaluation, float[] Before, float[] After);

    [OneTimeSetUp]
    public void Make()
    {
        _root = Directory.CreateTempSubdirectory("onnxpipe-official-").FullName;
        var perceptron = Path.Combine(_root, "perceptron");
        Directory.CreateDirectory(perceptron);
        Train("mlp", Perceptron.WriteModel(perceptron, dropout: 0), "fc1.bias", PerceptronInputs());
        var normalized = Path.Combine(_root, "normalized");
        Directory.CreateDirectory(normalized);
        Train("norm", Perceptron.WriteModel(normalized, dropout: 0, normalized: true), "bn.bias", PerceptronInputs(), "--batch-norm", "train");
        Train("gpt", CreateGpt(), "transformer.wpe.weight", GptInputs());
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, true);

    [TestCase("mlp")]
    [TestCase("norm")]
    [TestCase("gpt")]
    public void OurEngine_TwentySteps_HasTheStoredLosses(string model)
    {
        Assert.That(_trained[model].Losses, Is.EqualTo(Stored()[model]).Within(Tolerance));
        Assert.That(_trained[model].Losses, Is.Unique);
    }

    [TestCase("mlp")]
    [TestCase("norm")]
    [TestCase("gpt")]
    public void OfficialRuntime_TwentySteps_HasTheLossesOfOurEngine(string model)
    {
        NodeScript.Require();
        var ours = _trained[model];

        var official = RunOfficial(model, ours);

        Assert.That(official.Losses, Is.EqualTo(ours.Losses).Within(Tolerance));
        Assert.That(official.Losses, Is.EqualTo(Stored()[model]).Within(Tolerance));
        Assert.That(official.Evaluation, Is.EqualTo(ours.Evaluation).Within(Tolerance));
        AssertOnlyTrainableMoved(ArtifactFolder.Open(ours.Artifacts).Manifest!, official, TensorFile.Open(Path.Combine(_root, $"{model}-run", "checkpoints", "last", "model.safetensors")));
        TestContext.Out.WriteLine($"{model}: largest difference of a loss {official.Losses.Zip(ours.Losses, (a, b) => Math.Abs(a - b)).Max():e1}, of the evaluation {Math.Abs(official.Evaluation - ours.Evaluation):e1}");
    }

    [TestCase("mlp")]
    [TestCase("norm")]
    [TestCase("gpt")]
    public void OurEngine_FromTheCheckpointOfARun_GoesOnWithItsOptimizerState(string model)
    {
        var ours = _trained[model];
        var (half, rest) = (TrainHalf(model, "a", 0), TrainHalf(model, "b", 1, "--checkpoint", Path.Combine(_root, $"{model}-a", "checkpoints", "last", "checkpoint")));

        Assert.That(half.Concat(rest), Is.EqualTo(ours.Losses), "ten steps, and ten more from the checkpoint, are twenty");
        Assert.That(TrainHalf(model, "c", 1, "--checkpoint", Path.Combine(ours.Artifacts, "checkpoint")), Is.Not.EqualTo(rest));
    }

    [TestCase("mlp")]
    [TestCase("norm")]
    [TestCase("gpt")]
    public void OfficialRuntime_FromTheCheckpointOfARun_GoesOnAsOurEngine(string model)
    {
        NodeScript.Require();
        var ours = _trained[model];
        TrainHalf(model, "d", 0);

        var official = RunOfficial(model, ours, Steps / 2, Path.Combine(_root, $"{model}-d", "checkpoints", "last", "checkpoint"));

        Assert.That(official.Losses, Is.EqualTo(ours.Losses[(Steps / 2)..]).Within(1e-5));
        Assert.That(official.Evaluation, Is.Not.NaN);
        TestContext.Out.WriteLine($"{model}: largest difference of a loss {official.Losses.Zip(ours.Losses[(Steps / 2)..], (a, b) => Math.Abs(a - b)).Max():e1}");
    }

    [Test]
    public void OurEngine_FromACheckpointOfTheOfficialRuntime_GoesOnWithItsOptimizerState()
    {
        var ours = TrainHalf("mlp", "e", 1, "--checkpoint", OfficialCheckpoint);

        Assert.That(ours, Is.EqualTo(Stored()["mlp"][(Steps / 2)..]).Within(1e-6));
        var parameters = OdtcCheckpoint.Read(OfficialCheckpoint) with { OptimizerGroups = null };
        var without = Path.Combine(_root, "without-state");
        parameters.Write(without);
        Assert.That(TrainHalf("mlp", "f", 1, "--checkpoint", without), Is.Not.EqualTo(ours).Within(1e-4), "the optimizer's state makes a difference");
    }

    [Test]
    public void OfficialRuntime_FromItsOwnCheckpointAndFromOurs_GoesOnAlike()
    {
        NodeScript.Require();
        TrainHalf("mlp", "g", 0);

        var own = RunOfficial("mlp", _trained["mlp"], Steps / 2, OfficialCheckpoint);
        var fromOurs = RunOfficial("mlp", _trained["mlp"], Steps / 2, Path.Combine(_root, "mlp-g", "checkpoints", "last", "checkpoint"));

        Assert.That(own.Losses, Is.EqualTo(fromOurs.Losses).Within(1e-6));
        Assert.That(own.After, Is.EqualTo(fromOurs.After).Within(1e-6));
        Assert.That(own.Losses, Is.EqualTo(Stored()["mlp"][(Steps / 2)..]).Within(1e-6));
    }

    [Test]
    [Explicit("writes to the temporary folder what mlp.checkpoint was made of: artifacts, and ten batches as an npz file with a leading axis of steps")]
    public void MakingsOfTheOfficialCheckpoint_AreWritten()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "onnxpipe-official")).FullName;
        foreach (var (name, trained) in _trained)
        {
            var copy = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            foreach (var file in Directory.GetFiles(trained.Artifacts))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
            }

            TensorFile.Write(Path.Combine(folder, $"{name}.npz"), [.. trained.Inputs.Select(i => new NamedTensor("in." + i.Name, new Tensor(i.Tensor.Type, [Steps, Batch, .. i.Tensor.Dims.Skip(1)], i.Tensor.Bytes)))]);
        }
    }

    [Test]
    [Explicit("writes losses.json anew, for when the models or the data of this test change")]
    public void Losses_OfOurEngine_AreStored() => File.WriteAllText(
        Path.Combine(Folder, "losses.json"), JsonSerializer.Serialize(_trained.ToDictionary(t => t.Key, t => t.Value.Losses), Lines) + "\n");

    private void Train(string name, string model, string frozen, IReadOnlyList<NamedTensor> inputs, params string[] flags)
    {
        var (artifacts, run) = (Path.Combine(_root, $"{name}-artifacts"), Path.Combine(_root, $"{name}-run"));
        var (all, first) = (Path.Combine(_root, $"{name}.safetensors"), Path.Combine(_root, $"{name}-first.safetensors"));
        TensorFile.Write(all, inputs);
        TensorFile.Write(first, [.. inputs.Select(i => new NamedTensor(i.Name, Part(i.Tensor, 0)))]);
        Program.Ok(["artifacts", "--model", model, "--frozen", frozen, "--out", artifacts, .. flags]);
        Program.Ok("train", "--artifacts", artifacts, "--data", all, "--eval-data", first, "--no-shuffle", "--batch-size", $"{Batch}", "--epochs", "1", "--out", run);
        var rows = File.ReadLines(Path.Combine(run, "metrics.csv")).Skip(1).Select(line => line.Split(',')).ToLookup(r => r[1], r => double.Parse(r[2], CultureInfo.InvariantCulture));
        _trained.Add(name, new Trained(artifacts, inputs, [.. rows["train"]], rows["eval"].Last()));
    }

    /// <summary>Trains on the first or the second half of the steps; gives the losses.</summary>
    private double[] TrainHalf(string model, string name, int half, params string[] flags)
    {
        var (data, run) = (Path.Combine(_root, $"{model}-half{half}.safetensors"), Path.Combine(_root, $"{model}-{name}"));
        TensorFile.Write(data, [.. _trained[model].Inputs.Select(i => new NamedTensor(i.Name, Part(i.Tensor, half, Steps / 2)))]);
        Program.Ok(["train", "--artifacts", _trained[model].Artifacts, "--data", data, "--no-shuffle", "--batch-size", $"{Batch}", "--epochs", "1", "--out", run, .. flags]);
        return [.. File.ReadLines(Path.Combine(run, "metrics.csv")).Skip(1).Select(line => double.Parse(line.Split(',')[2], CultureInfo.InvariantCulture))];
    }

    private string CreateGpt()
    {
        var (config, model) = (Path.Combine(_root, "config.json"), Path.Combine(_root, "gpt"));
        File.WriteAllText(config, """
            { "model_type": "gpt2", "vocab_size": 40, "n_positions": 16, "n_embd": 32, "n_layer": 2, "n_head": 4, "embd_pdrop": 0, "attn_pdrop": 0, "resid_pdrop": 0 }
            """);
        Program.Ok("model", "create", "--config", config, "--head", "clm", "--seed", "3", "--out", model);
        return model;
    }

    private static NamedTensor[] PerceptronInputs()
    {
        var random = new Random(7);
        var x = Enumerable.Range(0, Steps * Batch * 6).Select(_ => random.NextSingle() * 2 - 1).ToArray();
        return [new("x", Tensor.From<float>(x, Steps * Batch, 6)), new("labels", Tensor.Vector<long>([.. Enumerable.Range(0, Steps * Batch).Select(i => i % 9 == 4 ? -100L : i * 5 % 3)]))];
    }

    /// <summary>Rows of 10 tokens, some padded on the right; the label of a token is the next one.</summary>
    private static NamedTensor[] GptInputs()
    {
        const int Length = 10;
        var ids = Enumerable.Range(0, Steps * Batch * Length).Select(i => (long)((i / Length * 7) + (i % Length * 3)) % 40).ToArray(); // each token the one before it and 3
        var mask = ids.Select((_, i) => i / Length % 3 == 2 && i % Length >= 7 ? 0L : 1L).ToArray();
        var labels = ids.Select((_, i) => i % Length == Length - 1 || mask[i + 1] == 0 ? -100L : ids[i + 1]).ToArray();
        return [.. new[] { ("input_ids", ids), ("attention_mask", mask), ("labels", labels) }.Select(t => new NamedTensor(t.Item1, Tensor.From<long>(t.Item2, Steps * Batch, Length)))];
    }

    /// <summary>The rows of one step, or part number <paramref name="part"/> of all rows in parts of <paramref name="steps"/> steps.</summary>
    private static Tensor Part(Tensor whole, int part, int steps = 1)
    {
        var bytes = whole.Bytes.Length / Steps * steps;
        return new Tensor(whole.Type, [Batch * steps, .. whole.Dims.Skip(1)], whole.Bytes.Slice(part * bytes, bytes));
    }

    private Official RunOfficial(string name, Trained ours, int first = 0, string? checkpoint = null) => NodeScript.Run<Official>("train.mjs", new
    {
        artifacts = ours.Artifacts,
        checkpoint,
        steps = Enumerable.Range(first, Steps - first).Select(step => ours.Inputs.ToDictionary(i => i.Name, i => NodeScript.Described(Part(i.Tensor, step)))),
    }, Path.Combine(_root, $"{name}-{first}-job.json"));

    /// <summary>And running statistics, which are those of our engine.</summary>
    private static void AssertOnlyTrainableMoved(Manifest manifest, Official official, TensorFile ours)
    {
        var at = 0;
        foreach (var parameter in manifest.Parameters)
        {
            var count = (int)parameter.Shape.Aggregate(1L, (n, d) => n * d);
            var same = official.Before.AsSpan(at, count).SequenceEqual(official.After.AsSpan(at, count));
            var isStatistic = parameter.Name.StartsWith("bn.running_", StringComparison.Ordinal);
            Assert.That(same, Is.EqualTo(!parameter.Trainable && !isStatistic), parameter.Name);
            if (isStatistic)
            {
                Assert.That(official.After[at..(at + count)], Is.EqualTo(ours[parameter.Name].As<float>().ToArray()).Within(1e-5), parameter.Name);
            }

            at += count;
        }

        Assert.That(at, Is.EqualTo(official.After.Length));
        Assert.That(manifest.Parameters.Count(p => !p.Trainable && !p.Name.StartsWith("bn.running_", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    private static Dictionary<string, double[]> Stored() => JsonSerializer.Deserialize<Dictionary<string, double[]>>(File.ReadAllBytes(Path.Combine(Folder, "losses.json")))!;
}
