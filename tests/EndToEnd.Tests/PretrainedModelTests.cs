using System.Text.Json;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>From a configuration and a text to a model that generates, every step through the program.</summary>
[TestFixture]
public sealed class PretrainedModelTests : IDisposable
{
    private static readonly string[] Flags = ["--objective", "clm", "--steps", "60", "--batch-size", "8", "--lr", "1e-2"];

    private PretrainedRun _model = null!;

    private string Tokenizer => _model["tokenizer"];

    [OneTimeSetUp]
    public void Make()
    {
        string[] words = ["the cat", "the dog", "a bird", "sat on", "ran to", "sang for", "the mat.", "the hill.", "a friend."];
        var random = new Random(1);
        _model = new PretrainedRun(
            string.Join(' ', Enumerable.Range(0, 1500).Select(i => words[3 * (i % 3) + random.Next(3)] + (i % 9 == 8 ? "\n" : ""))),
            """{"model_type": "gpt2", "vocab_size": 40, "n_positions": 32, "n_embd": 16, "n_layer": 2, "n_head": 2}""");
        Program.Ok("tokenizer", "train", "--kind", "char", "--input", _model.Text, "--out", Tokenizer);
        _model.Make(["--tokenizer", Tokenizer, .. Flags, "--eval-every", "20"]);
    }

    public void Dispose() => _model?.Dispose();

    [Test]
    public void Run_Pretrained_LearnsAndCountsTokens()
    {
        var rows = PretrainedRun.Metrics(_model.Folder)[1..];
        var eval = rows.Where(row => row[1] == "eval").Select(row => float.Parse(row[2])).ToList();

        Assert.That(eval, Has.Count.EqualTo(3));
        Assert.That(eval[^1], Is.LessThan(Math.Log(40) * 0.85));
        Assert.That(int.Parse(rows[0][5]), Is.EqualTo(8 * 32), "tokens of the first step");
        Assert.That(int.Parse(rows[^1][5]) % 32, Is.Zero);
    }

    [Test]
    public void Export_Pretrained_IsPlainOnnxWithDynamicAxesAndItsTokenizer()
    {
        var model = ModelFile.Load(Path.Combine(_model.Export, "model.onnx"));

        Assert.That(model.Graph.AllNodes().Select(node => node.Domain).Distinct(), Is.SubsetOf(new[] { "", "com.microsoft" }));
        Assert.That(model.Functions, Is.Empty);
        Assert.That(model.Graph.AllNodes().Select(node => node.OpType), Has.None.EqualTo("Dropout"));
        Assert.That(model.Graph.Inputs.Select(input => input.Name), Is.EqualTo(new[] { "input_ids", "attention_mask" }));
        Assert.That(model.Graph.Inputs.All(input => input.Shape!.All(dim => !dim.IsKnown)));
        Assert.That(Directory.GetFiles(_model.Export).Select(Path.GetFileName), Is.SupersetOf(new[] { "config.json", "tokenizer.json", "manifest.json" }));
        Assert.That(Manifest.Read(Path.Combine(_model.Export, "manifest.json")).Family, Is.EqualTo("gpt2"));
    }

    [Test]
    public void Export_Pretrained_GivesTheLossOfTheEvaluationGraph()
    {
        const int Length = 32;
        var random = new Random(5);
        var ids = Enumerable.Range(0, 3 * Length).Select(_ => (long)random.Next(20)).ToArray();
        var labels = Enumerable.Range(0, 3 * Length).Select(_ => (long)random.Next(20)).ToArray();
        NamedTensor[] inputs = [new("input_ids", Tensor.From<long>(ids, 3, Length)), new("attention_mask", Tensor.From<long>([.. Enumerable.Repeat(1L, 3 * Length)], 3, Length))];
        using var plain = Session.Open(Path.Combine(_model.Export, "model.onnx"));
        using var trained = Session.Open(Path.Combine(_model.Folder, "artifacts", "eval_model.onnx"));
        var parameters = TensorFile.Open(Path.Combine(_model.Folder, "checkpoints", "best", "model.safetensors"));

        var logits = plain.Run(inputs)[0].Tensor.As<float>();
        var loss = trained.Run([.. inputs, new("labels", Tensor.From<long>(labels, 3, Length)), .. parameters.Names.Select(name => new NamedTensor(name, parameters[name]))])[0].Tensor.As<float>()[0];

        var classes = logits.Length / labels.Length;
        double mean = 0;
        for (var i = 0; i < labels.Length; i++)
        {
            var row = logits.Slice(i * classes, classes).ToArray();
            mean += (Math.Log(row.Sum(v => Math.Exp(v))) - row[labels[i]]) / labels.Length;
        }

        Assert.That(mean, Is.EqualTo(loss).Within(1e-5));
    }

    [Test]
    public void Export_Pretrained_GivesTheLogitsOfTheEvaluationGraph()
    {
        var evaluation = ModelFile.Load(Path.Combine(_model.Folder, "artifacts", "eval_model.onnx"));
        evaluation.Graph.Outputs.Add(evaluation.Graph.AllNodes().SelectMany(node => node.Outputs).First(value => value?.Name == "logits")!);
        using var trained = Session.Open(ModelFile.ToBytes(evaluation), "evaluation graph");
        using var plain = Session.Open(Path.Combine(_model.Export, "model.onnx"));
        var parameters = TensorFile.Open(Path.Combine(_model.Folder, "checkpoints", "best", "model.safetensors"));
        foreach (var (batch, length, padding) in new[] { (1, 1, 0), (3, 32, 0), (2, 17, 5) })
        {
            var random = new Random(length);
            long[] ids = [.. Enumerable.Range(0, batch * length).Select(_ => (long)random.Next(20))];
            long[] mask = [.. Enumerable.Range(0, batch * length).Select(i => i / length == batch - 1 && i % length >= length - padding ? 0L : 1)];
            NamedTensor[] inputs = [new("input_ids", Tensor.From<long>(ids, batch, length)), new("attention_mask", Tensor.From<long>(mask, batch, length))];
            var wanted = trained.Run([.. inputs, new("labels", Tensor.From<long>(ids, batch, length)), .. parameters.Names.Select(name => new NamedTensor(name, parameters[name]))], ["logits"])[0].Tensor;
            var found = plain.Run(inputs, ["logits"])[0].Tensor;
            Assert.That(found.Dims, Is.EqualTo(wanted.Dims));
            Assert.That(found.As<float>().ToArray(), Is.EqualTo(wanted.As<float>().ToArray()).Within(1e-5), $"{batch} rows of {length}, {padding} padded");
        }
    }

    [Test]
    public void Run_AnyModel_LeavesNoTelemetryOfOnnxRuntime()
    {
        var home = Directory.CreateDirectory(_model["home"]).FullName;
        var ending = Program.Script($"export HOME='{home}' XDG_CACHE_HOME='{home}/cache' XDG_DATA_HOME='{home}/data' DOTNET_CLI_HOME='{_model[""]}' && onnxpipe generate --model '{_model.Export}' --prompt a --max-tokens 1");

        Assert.That(ending.Code, Is.Zero, ending.Error);
        Assert.That(Directory.GetFiles(home, "*", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void Generate_FromTheExport_ContinuesThePrompt()
    {
        using var answer = JsonDocument.Parse(Program.Ok("generate", "--model", _model.Export, "--prompt", "the cat", "--max-tokens", "12", "--ignore-eos", "--json"));

        Assert.That(answer.RootElement.GetProperty("ids").GetArrayLength(), Is.EqualTo(12));
    }

    [Test]
    public void Pretrain_InterruptedAndResumed_EndsBitForBitTheSame() => _model.AssertResumes(["--tokenizer", Tokenizer, .. Flags, "--eval-every", "20"]);

    [Test]
    public void Pretrain_FrozenGroupInterruptedAndResumed_KeepsItsParametersAndTakesNoOtherGroup()
    {
        var run = _model["frozen"];
        PretrainedRun.Interrupt(run, Pretrain(run, "--eval-every", "20", "--group", "*.wpe.*: frozen", "--group", "*.bias: lr=1e-3"), "samples.jsonl", lines: 1);

        var refused = Program.Run("pretrain", "--resume", run, "--group", "*.bias: lr=1e-3");
        Assert.That(refused.Code, Is.EqualTo(64));
        Assert.That(refused.Error, Does.StartWith("error: --group would change the run").And.Contain("*.wpe.*: frozen"));
        Program.Ok("pretrain", "--resume", run, "--group", "*.wpe.*: frozen", "--group", "*.bias: lr=1e-3");

        var steps = File.ReadLines(Path.Combine(run, "samples.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("step").GetInt32());
        Assert.That(steps, Is.EqualTo(new[] { 20, 40, 60 }));
        var start = OdtcCheckpoint.Read(Path.Combine(run, "artifacts", "checkpoint"));
        var (end, state) = (TensorFile.Open(Path.Combine(run, "checkpoints", "last", "model.safetensors")), TensorFile.Open(Path.Combine(run, "checkpoints", "last", "state.safetensors")));
        Assert.That(start.Frozen.Select(parameter => parameter.Name), Is.EqualTo(new[] { "transformer.wpe.weight" }));
        Assert.That(start.Frozen[0].Tensor.Bytes.Span.SequenceEqual(end["transformer.wpe.weight"].Bytes.Span));
        Assert.That(start.Trainable.Where(parameter => parameter.Tensor.Bytes.Span.SequenceEqual(end[parameter.Name].Bytes.Span)), Is.Empty, "parameters that should have moved");
        Assert.That(state.Names, Has.None.Contains("wpe"));
    }

    [Test]
    public void Pretrain_FrozenGroupThatMatchesNothing_IsReportedAsTheGroup()
    {
        var ending = Program.Run(Pretrain(_model["nothing"], "--group", "*.wqe.weight: frozen"));

        Assert.That(ending.Code, Is.EqualTo(1));
        Assert.That(ending.Error, Does.Contain("error: --group '*.wqe.weight' matches no weight; the closest names are").And.Contain("transformer.wpe.weight"));
        Assert.That(Directory.Exists(_model["nothing"]), Is.False);
    }

    [Test]
    public void Pretrain_FromAModelFolderThatHasALoss_TrainsItsLogits()
    {
        var model = _model["model"];
        Program.Ok("model", "create", "--config", _model.Config, "--head", "clm", "--with-loss", "--out", model);
        var run = _model["from-model"];

        Program.Ok("pretrain", "--model", model, "--tokenizer", Tokenizer, "--data", _model.Text, "--block", "16", "--steps", "3", "--validation", "0", "--out", run);

        Assert.That(Manifest.Read(Path.Combine(run, "artifacts", "manifest.json")).Loss!.Shift, Is.False);
        Assert.That(Directory.Exists(Path.Combine(run, "checkpoints", "best")), Is.False);
    }

    [Test]
    public void Pretrain_TextThatIsNotUtf8_NamesFileLineAndByteAndLeavesNothing()
    {
        var text = _model["latin.txt"];
        File.WriteAllBytes(text, [.. "fine\nna"u8, 0xEF, .. "ve\n"u8]);
        var run = _model["latin"];
        var ending = Program.Run("pretrain", "--config", _model.Config, "--tokenizer", Tokenizer, "--data", text, "--out", run);

        Assert.That(ending.Code, Is.EqualTo(1));
        Assert.That(ending.Error, Does.Contain($"error: {text} is not UTF-8: line 2"));
        Assert.That(Directory.Exists(run), Is.False);
    }

    [Test]
    public void Pretrain_TokenizerLargerThanTheVocabulary_SaysWhatToSet()
    {
        var config = _model["small.json"];
        File.WriteAllText(config, File.ReadAllText(_model.Config).Replace("40", "7"));
        var ending = Program.Run("pretrain", "--config", config, "--tokenizer", Tokenizer, "--data", _model.Text, "--out", _model["small"]);

        Assert.That(ending.Code, Is.EqualTo(1));
        Assert.That(ending.Error, Does.Contain("\"vocab_size\""));
    }

    private string[] Pretrain(string run, params IEnumerable<string> more) => _model.Call(run, ["--tokenizer", Tokenizer, .. Flags, .. more]);
}
