using System.Globalization;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>
/// <c>--engine ort-training</c>: runs of Microsoft's own TrainingSession beside those of the stock engine, in one build. All but the refusal is skipped where the
/// ONNX Runtime of the build has no training API; CONTRIBUTING.md says how to build with one.
/// </summary>
[TestFixture]
public sealed class OrtTrainingTests
{
    private const int Steps = 20, Batch = 4, Length = 10;
    private const double Tolerance = 1e-5;

    private static readonly string[] Models = ["mlp", "cnn", "gpt", "bert"];

    private string _root = "";

    [OneTimeSetUp]
    public void Make()
    {
        _root = Directory.CreateTempSubdirectory("onnxpipe-ort-training-").FullName;
        foreach (var name in Models)
        {
            Directory.CreateDirectory(Of(name, ""));
        }

        Add("mlp", Perceptron.WriteModel(Of("mlp", ""), dropout: 0), PerceptronRows());
        if (!HasTraining)
        {
            return;
        }

        Add("cnn", ImageNetwork.WriteModel(Of("cnn", "")), ImageNetwork.Rows(Steps * Batch));
        Add("gpt", Create("gpt", "clm", """
            { "model_type": "gpt2", "vocab_size": 40, "n_positions": 16, "n_embd": 16, "n_layer": 2, "n_head": 2, "embd_pdrop": 0, "attn_pdrop": 0, "resid_pdrop": 0 }
            """), TokenRows(), "--frozen", "transformer.wpe.weight", "--max-grad-norm", "0.5", "--weight-decay", "0.01");
        Add("bert", Create("bert", "mlm", """
            { "model_type": "bert", "vocab_size": 40, "max_position_embeddings": 16, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0 }
            """), [.. TokenRows(), new("token_type_ids", Tensor.From<long>(new long[Steps * Batch * Length], Steps * Batch, Length))], "--adam-mode", "0");
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, true);

    private static bool HasTraining { get; } = RuntimeReport.Take().TrainingTrouble is null;

    [Test]
    public void Train_OnABuildWithoutTrainingSession_SaysInOneSentenceWhatToBuild()
    {
        if (HasTraining)
        {
            Assert.Ignore("This build has it.");
        }

        var ending = Program.Run(Train("mlp", "refused", "--engine", "ort-training"));

        Assert.That(ending.Code, Is.EqualTo(1));
        Assert.That(ending.Error.TrimEnd().Split('\n')[^1], Does.StartWith("error: ").And.Contain("TrainingSession").And.Contain("-p:OrtRuntime=Training").And.Contain("Microsoft.ML.OnnxRuntime.Training"));
        Assert.That(Directory.Exists(Of("mlp", "refused")), Is.False);
    }

    [TestCaseSource(nameof(Models))]
    public void Train_TwentySteps_HasTheLossesOfTheStockEngine(string model)
    {
        RequireTraining();
        Program.Ok(Train(model, "stock"));
        Program.Ok(Train(model, "official", "--engine", "ort-training"));
        var (stock, official) = (Rows(Of(model, "stock")), Rows(Of(model, "official")));

        Assert.That(official["train"].Select(r => r.Loss), Is.EqualTo(stock["train"].Select(r => r.Loss)).Within(Tolerance));
        Assert.That(official["train"].Select(r => r.Norm), Is.All.Empty, "the runtime does not tell");
        Assert.That(official["eval"].Single().Loss, Is.EqualTo(stock["eval"].Single().Loss).Within(Tolerance));
        Assert.That(stock["train"].Select(r => r.Loss), Is.Unique);
        TestContext.Out.WriteLine($"{model}: largest difference of a loss {official["train"].Zip(stock["train"], (a, b) => Math.Abs(a.Loss - b.Loss)).Max():e1}");
    }

    [TestCase("mlp", "stock", "ort-training")]
    [TestCase("mlp", "ort-training", "stock")]
    [TestCase("gpt", "stock", "ort-training")]
    [TestCase("gpt", "ort-training", "stock")]
    public void Train_FromTheCheckpointOfTheOtherEngine_GoesOnAsOneRun(string model, string first, string second)
    {
        RequireTraining();
        Program.Ok(Train(model, $"whole-{first}"));
        Program.Ok(Train(model, $"begun-{first}", "--engine", first, "--steps", $"{Steps / 2}"));
        TensorFile.Write(Of(model, "rest.safetensors"), [.. Open(model).Select(t => new NamedTensor(t.Name, SecondHalf(t.Tensor)))]);
        Program.Ok("train", "--artifacts", Of(model, "artifacts"), "--data", Of(model, "rest.safetensors"), "--no-shuffle", "--batch-size", $"{Batch}", "--engine", second,
            "--checkpoint", Path.Combine(Of(model, $"begun-{first}"), "checkpoints", "last", "checkpoint"), "--out", Of(model, $"rest-{first}"));

        Assert.That(Rows(Of(model, $"rest-{first}"))["train"].Select(r => r.Loss), Is.EqualTo(Rows(Of(model, $"whole-{first}"))["train"].Skip(Steps / 2).Select(r => r.Loss)).Within(Tolerance));
    }

    [Test]
    public void Resume_OfAnInterruptedRunOnMicrosoftsEngine_GoesOnWithItsOptimizerState()
    {
        RequireTraining();
        string[] flags = ["--engine", "ort-training", "--epochs", "40", "--save-every", "1"];
        Program.Ok(Train("mlp", "uninterrupted", flags));
        var run = Of("mlp", "interrupted");
        var stopped = Program.Interrupt(Train("mlp", "interrupted", flags), () => Directory.Exists(Path.Combine(run, "checkpoints", "last")));
        Assert.That(stopped.Code, Is.EqualTo(130));
        Program.Ok("train", "--resume", run);

        Assert.That(Rows(run)["train"].Select(r => r.Loss), Is.EqualTo(Rows(Of("mlp", "uninterrupted"))["train"].Select(r => r.Loss)).Within(1e-6));
    }

    [Test]
    public void Pretrain_OnMicrosoftsEngine_LearnsLikeTheStockEngine()
    {
        RequireTraining();
        var (text, vocabulary) = (Path.Combine(_root, "text.txt"), Path.Combine(_root, "characters"));
        File.WriteAllText(text, string.Concat(Enumerable.Repeat("the cat sat on the mat. a dog ran up the hill. ", 40)));
        Program.Ok("tokenizer", "train", "--kind", "char", "--input", text, "--out", vocabulary);
        double[] Losses(string engine)
        {
            var run = Path.Combine(_root, $"pretrained-{engine}");
            Program.Ok("pretrain", "--config", Of("gpt", "config.json"), "--data", text, "--tokenizer", vocabulary, "--block", "12", "--steps", "12", "--weight-decay", "0", "--engine", engine, "--out", run);
            return [.. Rows(run)["train"].Select(row => row.Loss)];
        }

        Assert.That(Losses("ort-training"), Is.EqualTo(Losses("stock")).Within(Tolerance));
    }

    private static void RequireTraining()
    {
        if (!HasTraining)
        {
            Assert.Ignore("The ONNX Runtime of this build has no training API; CONTRIBUTING.md says how to build with one.");
        }
    }

    private void Add(string name, string model, NamedTensor[] rows, params string[] flags)
    {
        TensorFile.Write(Of(name, "rows.safetensors"), rows);
        Program.Ok(["artifacts", "--model", model, "--out", Of(name, "artifacts"), .. flags]);
    }

    private string[] Train(string model, string run, params string[] flags) =>
        ["train", "--artifacts", Of(model, "artifacts"), "--data", Of(model, "rows.safetensors"), "--eval-data", Of(model, "rows.safetensors"), "--no-shuffle", "--batch-size", $"{Batch}", "--out", Of(model, run), .. flags];

    private string Of(string model, string file) => Path.Combine(_root, model, file);

    private IReadOnlyList<NamedTensor> Open(string model)
    {
        var file = TensorFile.Open(Of(model, "rows.safetensors"));
        return [.. file.Names.Select(name => new NamedTensor(name, file[name]))];
    }

    private static Tensor SecondHalf(Tensor whole) => new(whole.Type, [whole.Dims[0] / 2, .. whole.Dims.Skip(1)], whole.Bytes[(whole.Bytes.Length / 2)..]);

    private static ILookup<string, (double Loss, string Norm)> Rows(string run) => File.ReadLines(Path.Combine(run, "metrics.csv")).Skip(1)
        .Select(line => line.Split(',')).ToLookup(cells => cells[1], cells => (double.Parse(cells[2], CultureInfo.InvariantCulture), cells[4]));

    private string Create(string name, string head, string config)
    {
        File.WriteAllText(Of(name, "config.json"), config);
        Program.Ok("model", "create", "--config", Of(name, "config.json"), "--head", head, "--seed", "3", "--out", Of(name, "model"));
        return Of(name, "model");
    }

    private static NamedTensor[] PerceptronRows()
    {
        var random = new Random(7);
        return
        [
            new("x", Tensor.From<float>([.. Enumerable.Range(0, Steps * Batch * 6).Select(_ => random.NextSingle() * 2 - 1)], Steps * Batch, 6)),
            new("labels", Tensor.Vector<long>([.. Enumerable.Range(0, Steps * Batch).Select(i => i % 9 == 4 ? -100L : i * 5 % 3)])),
        ];
    }

    private static NamedTensor[] TokenRows()
    {
        var ids = Enumerable.Range(0, Steps * Batch * Length).Select(i => (long)((i / Length * 7) + (i % Length * 3)) % 40).ToArray();
        var mask = ids.Select((_, i) => i / Length % 3 == 2 && i % Length >= 7 ? 0L : 1L).ToArray();
        var labels = ids.Select((_, i) => i % Length == Length - 1 || mask[i + 1] == 0 ? -100L : ids[i + 1]).ToArray();
        return [.. new[] { ("input_ids", ids), ("attention_mask", mask), ("labels", labels) }.Select(t => new NamedTensor(t.Item1, Tensor.From<long>(t.Item2, Steps * Batch, Length)))];
    }
}
