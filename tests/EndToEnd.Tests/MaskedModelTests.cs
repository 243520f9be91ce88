using System.Text.Json;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>From a configuration and a text to a masked language model that fills masks, every step through the program.</summary>
[TestFixture]
public sealed class MaskedModelTests
{
    private string _root = "";

    private string Text => Path.Combine(_root, "text.txt");

    private string Config => Path.Combine(_root, "config.json");

    private string Run => Path.Combine(_root, "run");

    private string Export => Path.Combine(_root, "export");

    [OneTimeSetUp]
    public void Make()
    {
        _root = Directory.CreateTempSubdirectory("onnxpipe-bert-").FullName;
        Environment.SetEnvironmentVariable("ONNXPIPE_CACHE", Path.Combine(_root, "cache"));
        string[] subjects = ["cat", "dog", "bird"], verbs = ["sat", "ran", "sang"], places = ["mat", "hill", "tree"]; // each subject has its verb and its place
        var random = new Random(1);
        File.WriteAllText(Text, string.Join("\n", Enumerable.Range(0, 1200).Select(_ => random.Next(3)).Select(i => $"the {subjects[i]} {verbs[i]} on the {places[i]}")));
        File.WriteAllLines(Path.Combine(_root, "vocab.txt"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "on", .. subjects, .. verbs, .. places]);
        File.WriteAllText(Config, """{"model_type": "bert", "vocab_size": 16, "max_position_embeddings": 24, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0, "initializer_range": 0.1}""");
        Program.Ok([.. Pretrain(Run, "mlm", 120)]);
        Program.Ok("export", "--run", Run, "--out", Export);
    }

    [OneTimeTearDown]
    public void Remove()
    {
        Environment.SetEnvironmentVariable("ONNXPIPE_CACHE", null);
        Directory.Delete(_root, true);
    }

    [Test]
    public void Run_Pretrained_LearnsAndReportsTheMaskedAccuracy()
    {
        var lines = File.ReadAllLines(Path.Combine(Run, "metrics.csv"));
        var eval = lines.Skip(1).Select(line => line.Split(',')).Where(row => row[1] == "eval").ToList();

        Assert.That(lines[0], Is.EqualTo("step,split,loss,lr,grad_norm,tokens,seconds,masked_accuracy"));
        Assert.That(eval, Has.Count.EqualTo(3));
        Assert.That(float.Parse(eval[^1][2]), Is.LessThan(float.Parse(eval[0][2])));
        Assert.That(float.Parse(eval[^1][7]), Is.GreaterThan(0.9), "a guess of the most frequent token has a third");
        Assert.That(lines[1].Split(',')[5], Is.EqualTo("32"), "one label in each of the short examples of the first step");
    }

    [Test]
    public void FillMask_OfTheExport_FindsWhatTheTextHas()
    {
        using var answer = JsonDocument.Parse(Program.Ok("fill-mask", "--model", Export, "--json", "the dog [MASK] on the hill"));

        Assert.That(answer.RootElement.GetProperty("masks")[0][0].GetProperty("token").GetString(), Is.EqualTo("ran"));
    }

    [Test]
    public void Export_Pretrained_TakesNoLabelsAndGivesLogitsAtEveryPosition()
    {
        var model = ModelFile.Load(Path.Combine(Export, "model.onnx"));

        Assert.That(model.Graph.Inputs.Select(input => input.Name), Is.EqualTo(new[] { "input_ids", "attention_mask", "token_type_ids" }));
        Assert.That(model.Graph.Outputs.Select(output => output.Name), Is.EqualTo(new[] { "logits" }));
        Assert.That(model.Graph.Nodes.Select(node => node.OpType), Has.None.EqualTo("NonZero"));
        Assert.That(Manifest.Read(Path.Combine(Export, "manifest.json")).Task, Is.EqualTo("mlm"));
        Assert.That(ModelFile.Load(Path.Combine(Run, "artifacts", "training_model.onnx")).Graph.Outputs.Select(output => output.Name), Has.None.EqualTo("masked_accuracy"), "counted in evaluation only");
    }

    [Test]
    public void Pretrain_InterruptedAndResumed_EndsBitForBitTheSame()
    {
        var run = Path.Combine(_root, "stopped");
        var ending = Program.Run(Pretrain(run, "mlm", 120), process =>
        {
            Program.Wait(() => process.HasExited || File.Exists(Path.Combine(run, "metrics.csv")) && File.ReadAllLines(Path.Combine(run, "metrics.csv")).Length > 10);
            Program.Signal(process, "INT");
        });
        Assert.That(ending.Code, Is.EqualTo(130), ending.Error);

        Program.Ok("pretrain", "--resume", run);

        Assert.That(Last(run), Is.EqualTo(Last(Run)));
    }

    [Test]
    public void Pretrain_FromAModelFolder_GoesOnWithItsWeights()
    {
        var run = Path.Combine(_root, "further");
        Program.Ok("pretrain", "--model", Export, "--data", Text, "--documents", "line", "--objective", "mlm", "--steps", "1", "--lr", "0", "--threads", "1", "--out", run);

        var eval = File.ReadAllLines(Path.Combine(run, "metrics.csv"))[^1].Split(',');
        Assert.That(float.Parse(eval[7]), Is.GreaterThan(0.8));
        var (trained, taken) = (TensorFile.Open(Path.Combine(Run, "checkpoints", "best", "model.safetensors")), TensorFile.Open(Path.Combine(run, "checkpoints", "last", "model.safetensors")));
        Assert.That(taken.Names.All(name => taken[name].Bytes.Span.SequenceEqual(trained[name].Bytes.Span)));
    }

    [Test]
    public void Pretrain_FromAModelOfNoFamilyOfOurs_TrainsItsLogits()
    {
        var model = Path.Combine(_root, "foreign");
        Directory.CreateDirectory(model);
        foreach (var name in new[] { "model.onnx", "vocab.txt" })
        {
            File.Copy(Path.Combine(Export, name), Path.Combine(model, name));
        }

        var run = Path.Combine(_root, "foreign-run");
        Program.Ok("pretrain", "--model", model, "--data", Text, "--documents", "line", "--objective", "mlm", "--block", "24", "--steps", "1", "--lr", "0", "--threads", "1", "--out", run);

        Assert.That(Manifest.Read(Path.Combine(run, "artifacts", "manifest.json")).Loss!.Kind, Is.EqualTo("cross-entropy"));
        Assert.That(float.Parse(File.ReadAllLines(Path.Combine(run, "metrics.csv"))[^1].Split(',')[7]), Is.GreaterThan(0.8));
    }

    [Test]
    public void Pretrain_Pairs_CountsExamplesAndExportsBothHeads()
    {
        var run = Path.Combine(_root, "pairs");
        Program.Ok([.. Pretrain(run, "mlm-nsp", 10), "--whole-word"]);
        var export = Path.Combine(_root, "pairs-export");
        Program.Ok("export", "--run", run, "--out", export);

        Assert.That(File.ReadAllLines(Path.Combine(run, "metrics.csv"))[0], Does.EndWith("seconds,masked_accuracy,next_sentence_accuracy"));
        Assert.That(File.ReadAllLines(Path.Combine(run, "metrics.csv"))[1].Split(',')[5], Is.EqualTo("32"), "examples of the first step");
        Assert.That(ModelFile.Load(Path.Combine(export, "model.onnx")).Graph.Outputs.Select(output => output.Name), Is.EqualTo(new[] { "prediction_logits", "seq_relationship_logits" }));
        Program.Ok("fill-mask", "--model", export, "the [MASK]");
    }

    private string[] Pretrain(string run, string objective, int steps) =>
        ["pretrain", "--config", Config, "--data", Text, "--documents", "line", "--objective", objective, "--steps", $"{steps}", "--eval-every", "40", "--batch-size", "32", "--lr", "5e-3", "--validation", "0.1", "--threads", "1", "--out", run];

    private static string Last(string run) => Convert.ToHexString(File.ReadAllBytes(Path.Combine(run, "checkpoints", "last", "model.safetensors")));
}
