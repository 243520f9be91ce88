using System.Text.Json;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>From a configuration and a text to a masked language model that fills masks, every step through the program.</summary>
[TestFixture]
public sealed class MaskedModelTests : IDisposable
{
    private PretrainedRun _model = null!;

    [OneTimeSetUp]
    public void Make()
    {
        string[] subjects = ["cat", "dog", "bird"], verbs = ["sat", "ran", "sang"], places = ["mat", "hill", "tree"]; // each subject has its verb and its place
        var random = new Random(1);
        _model = new PretrainedRun(
            string.Join("\n", Enumerable.Range(0, 1200).Select(_ => random.Next(3)).Select(i => $"the {subjects[i]} {verbs[i]} on the {places[i]}")),
            """{"model_type": "bert", "vocab_size": 16, "max_position_embeddings": 24, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0, "initializer_range": 0.1}""");
        File.WriteAllLines(_model["vocab.txt"], ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "on", .. subjects, .. verbs, .. places]);
        _model.Make(Flags("mlm", 120));
    }

    public void Dispose() => _model?.Dispose();

    [Test]
    public void Run_Pretrained_LearnsAndReportsTheMaskedAccuracy()
    {
        var rows = PretrainedRun.Metrics(_model.Folder);
        var eval = rows.Where(row => row[1] == "eval").ToList();

        Assert.That(rows[0], Is.EqualTo(new[] { "step", "split", "loss", "lr", "grad_norm", "tokens", "seconds", "masked_accuracy" }));
        Assert.That(eval, Has.Count.EqualTo(3));
        Assert.That(float.Parse(eval[^1][2]), Is.LessThan(float.Parse(eval[0][2])));
        Assert.That(float.Parse(eval[^1][7]), Is.GreaterThan(0.9), "a guess of the most frequent token has a third");
        Assert.That(rows[1][5], Is.EqualTo("32"), "one label in each of the short examples of the first step");
    }

    [Test]
    public void Run_Pretrained_ShowsWithEveryEvaluationWhatItPutsForTheMasksOfASentence()
    {
        var samples = File.ReadLines(Path.Combine(_model.Folder, "samples.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var last = samples[^1];
        var (prompt, text, mask) = (last.GetProperty("prompt").GetString()!, last.GetProperty("text").GetString(), last.GetProperty("masks")[0]);
        var truth = mask.GetProperty("truth").GetString();

        Assert.That(samples.Select(sample => sample.GetProperty("step").GetInt32()), Is.EqualTo(new[] { 40, 80, 120 }));
        Assert.That(samples.Select(sample => sample.GetProperty("prompt").GetString()), Is.All.EqualTo(prompt));
        Assert.That(prompt.Split(' ').Count(word => word == "[MASK]"), Is.EqualTo(1), "15 % of six words");
        Assert.That(mask.GetProperty("top").GetArrayLength(), Is.EqualTo(5));
        Assert.That(mask.GetProperty("top")[0].GetProperty("token").GetString(), Is.EqualTo(truth));
        Assert.That(text, Is.EqualTo(prompt.Replace("[MASK]", truth)));
    }

    [Test]
    public void FillMask_OfTheExport_FindsWhatTheTextHas()
    {
        using var answer = JsonDocument.Parse(Program.Ok("fill-mask", "--model", _model.Export, "--json", "the dog [MASK] on the hill"));

        Assert.That(answer.RootElement.GetProperty("masks")[0][0].GetProperty("token").GetString(), Is.EqualTo("ran"));
    }

    [Test]
    public void Export_Pretrained_TakesNoLabelsAndGivesLogitsAtEveryPosition()
    {
        var model = ModelFile.Load(Path.Combine(_model.Export, "model.onnx"));

        Assert.That(model.Graph.Inputs.Select(input => input.Name), Is.EqualTo(new[] { "input_ids", "attention_mask", "token_type_ids" }));
        Assert.That(model.Graph.Outputs.Select(output => output.Name), Is.EqualTo(new[] { "logits" }));
        Assert.That(model.Graph.Nodes.Select(node => node.OpType), Has.None.EqualTo("NonZero"));
        Assert.That(Manifest.Read(Path.Combine(_model.Export, "manifest.json")).Task, Is.EqualTo("mlm"));
        Assert.That(ModelFile.Load(Path.Combine(_model.Folder, "artifacts", "training_model.onnx")).Graph.Outputs.Select(output => output.Name), Has.None.EqualTo("masked_accuracy"), "counted in evaluation only");
    }

    [Test]
    public void Pretrain_InterruptedAndResumed_EndsBitForBitTheSame() => _model.AssertResumes(Flags("mlm", 120));

    [Test]
    public void Pretrain_FromAModelFolder_GoesOnWithItsWeights()
    {
        var run = _model["further"];
        Program.Ok("pretrain", "--model", _model.Export, "--data", _model.Text, "--documents", "line", "--objective", "mlm", "--steps", "1", "--lr", "0", "--threads", "1", "--out", run);

        Assert.That(float.Parse(PretrainedRun.Metrics(run)[^1][7]), Is.GreaterThan(0.8));
        var (trained, taken) = (TensorFile.Open(Path.Combine(_model.Folder, "checkpoints", "best", "model.safetensors")), TensorFile.Open(Path.Combine(run, "checkpoints", "last", "model.safetensors")));
        Assert.That(taken.Names.All(name => taken[name].Bytes.Span.SequenceEqual(trained[name].Bytes.Span)));
    }

    [Test]
    public void Pretrain_FromAModelOfNoFamilyOfOurs_TrainsItsLogits()
    {
        var model = _model["foreign"];
        Directory.CreateDirectory(model);
        foreach (var name in new[] { "model.onnx", "vocab.txt" })
        {
            File.Copy(Path.Combine(_model.Export, name), Path.Combine(model, name));
        }

        var run = _model["foreign-run"];
        Program.Ok("pretrain", "--model", model, "--data", _model.Text, "--documents", "line", "--objective", "mlm", "--block", "24", "--steps", "1", "--lr", "0", "--threads", "1", "--out", run);

        Assert.That(Manifest.Read(Path.Combine(run, "artifacts", "manifest.json")).Loss!.Kind, Is.EqualTo("cross-entropy"));
        Assert.That(float.Parse(PretrainedRun.Metrics(run)[^1][7]), Is.GreaterThan(0.8));
    }

    [Test]
    public void Pretrain_Pairs_CountsExamplesAndExportsBothHeads()
    {
        var run = _model["pairs"];
        Program.Ok(_model.Call(run, [.. Flags("mlm-nsp", 10), "--whole-word"]));
        var export = _model["pairs-export"];
        Program.Ok("export", "--run", run, "--out", export);

        Assert.That(PretrainedRun.Metrics(run)[0][6..], Is.EqualTo(new[] { "seconds", "masked_accuracy", "next_sentence_accuracy" }));
        Assert.That(PretrainedRun.Metrics(run)[1][5], Is.EqualTo("32"), "examples of the first step");
        Assert.That(ModelFile.Load(Path.Combine(export, "model.onnx")).Graph.Outputs.Select(output => output.Name), Is.EqualTo(new[] { "prediction_logits", "seq_relationship_logits" }));
        Program.Ok("fill-mask", "--model", export, "the [MASK]");
    }

    private static string[] Flags(string objective, int steps) =>
        ["--documents", "line", "--objective", objective, "--steps", $"{steps}", "--eval-every", "40", "--batch-size", "32", "--lr", "5e-3"];
}
