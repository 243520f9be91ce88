using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>
/// <c>step_model.onnx</c> of <c>artifacts --target stock</c> in runtimes that know nothing of this project: a plain session, and the inference build of
/// onnxruntime-web in Node. Loss and gradients are those of the program's own engine on the other target's artifacts.
/// </summary>
[TestFixture]
public sealed class StepModelTests
{
    private const int Rows = 6, Length = 10, Vocabulary = 40;

    private static readonly string[] Models = ["mlp", "cnn", "norm", "resize", "recurrent", "gpt", "bert"];

    private readonly Dictionary<string, Case> _cases = [];
    private string _root = "";

    /// <param name="Step">The folder of the step model.</param>
    /// <param name="Inputs">Data and parameters.</param>
    /// <param name="Wanted">The loss, every gradient and running statistics, by the names of the step model's outputs.</param>
    private sealed record Case(ArtifactFolder Step, IReadOnlyList<NamedTensor> Inputs, IReadOnlyDictionary<string, float[]> Wanted);

    [OneTimeSetUp]
    public void Make()
    {
        _root = Directory.CreateTempSubdirectory("onnxpipe-step-").FullName;
        foreach (var name in Models)
        {
            Directory.CreateDirectory(Path.Combine(_root, name));
        }

        Add("mlp", Perceptron.WriteModel(Path.Combine(_root, "mlp"), dropout: 0), PerceptronRows());
        Add("cnn", ImageNetwork.WriteModel(Path.Combine(_root, "cnn")), ImageNetwork.Rows(Rows));
        Add("norm", ImageNetwork.WriteModel(Path.Combine(_root, "norm"), normalized: true), ImageNetwork.Rows(Rows), "--batch-norm", "train");
        Add("resize", ImageNetwork.WriteModel(Path.Combine(_root, "resize"), resized: true), ImageNetwork.Rows(Rows));
        Add("recurrent", RecurrentNetwork.WriteModel(Path.Combine(_root, "recurrent")), RecurrentNetwork.Rows(Rows));
        Add("gpt", Create("gpt", "clm", """
            { "model_type": "gpt2", "vocab_size": 40, "n_positions": 16, "n_embd": 16, "n_layer": 2, "n_head": 2, "embd_pdrop": 0, "attn_pdrop": 0, "resid_pdrop": 0 }
            """), TokenRows());
        Add("bert", Create("bert", "mlm", """
            { "model_type": "bert", "vocab_size": 40, "max_position_embeddings": 16, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0 }
            """), [.. TokenRows(), new("token_type_ids", Tensor.From<long>([.. Enumerable.Range(0, Rows * Length).Select(i => i % Length >= 5 ? 1L : 0L)], Rows, Length))]);
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, true);

    [TestCaseSource(nameof(Models))]
    public void StepModel_InAPlainSession_HasLossAndGradientsOfOurEngine(string model)
    {
        var (step, inputs, wanted) = _cases[model];
        using var session = Session.Open(step.StepModel);

        var found = session.Run(inputs).ToDictionary(output => output.Name, output => output.Tensor.As<float>().ToArray());

        AssertEqual(found, wanted);
    }

    [TestCaseSource(nameof(Models))]
    public void StepModel_InTheInferenceBuildForBrowsers_HasLossAndGradientsOfOurEngine(string model)
    {
        NodeScript.Require();
        var (step, inputs, wanted) = _cases[model];

        var found = NodeScript.Run<Dictionary<string, float[]>>("run.mjs", new { model = step.StepModel, inputs = inputs.ToDictionary(i => i.Name, i => NodeScript.Described(i.Tensor)) }, Path.Combine(_root, $"{model}-job.json"));

        AssertEqual(found, wanted);
    }

    /// <summary>Masks are drawn by the runtime, so there is nothing to compare with.</summary>
    [Test]
    public void StepModel_WithDropout_RunsInBothWithMasksDrawnAnew()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, "dropout")).FullName;
        Program.Ok("artifacts", "--model", Perceptron.WriteModel(folder, dropout: 0.5f), "--target", "stock", "--out", Path.Combine(folder, "step"));
        var step = ArtifactFolder.Open(Path.Combine(folder, "step"));
        NamedTensor[] inputs = [.. PerceptronRows(), .. OdtcCheckpoint.Read(step.Checkpoint).Trainable];
        using var session = Session.Open(step.StepModel);

        var runs = Enumerable.Range(0, 4).Select(_ => session.Run(inputs).ToDictionary(output => output.Name, output => output.Tensor.As<float>().ToArray())).ToArray();

        Assert.That(runs.SelectMany(run => run.Values).SelectMany(values => values), Is.All.Matches<float>(float.IsFinite));
        Assert.That(runs.Select(run => run["loss"][0]).Distinct().Count(), Is.GreaterThan(1));
        Assert.That(runs.Select(run => run["fc1.weight_grad"].Count(g => g != 0)), Is.All.GreaterThan(0));
        NodeScript.Require();
        var found = NodeScript.Run<Dictionary<string, float[]>>("run.mjs", new { model = step.StepModel, inputs = inputs.ToDictionary(i => i.Name, i => NodeScript.Described(i.Tensor)) }, Path.Combine(folder, "job.json"));
        Assert.That(found.Keys, Is.EquivalentTo(runs[0].Keys));
        Assert.That(found.Values.SelectMany(values => values), Is.All.Matches<float>(float.IsFinite));
    }

    private static void AssertEqual(Dictionary<string, float[]> found, IReadOnlyDictionary<string, float[]> wanted)
    {
        Assert.That(found.Keys, Is.EquivalentTo(wanted.Keys));
        Assert.That(found["loss"], Is.EqualTo(wanted["loss"]).Within(1e-5));
        foreach (var (name, gradient) in wanted)
        {
            Assert.That(found[name], Is.EqualTo(gradient).Within(1e-5 * Math.Max(1, gradient.Max(Math.Abs))), name);
        }

        Assert.That(wanted.Values.SelectMany(g => g).Count(g => g != 0), Is.GreaterThan(50));
    }

    private void Add(string name, string model, NamedTensor[] rows, params string[] flags)
    {
        string InFolder(string file) => Path.Combine(_root, name, file);
        TensorFile.Write(InFolder("rows.safetensors"), rows);
        Program.Ok(["artifacts", "--model", model, "--out", InFolder("artifacts"), .. flags]);
        Program.Ok(["artifacts", "--model", model, "--target", "stock", "--out", InFolder("step"), .. flags]);
        Program.Ok("gradients", "--artifacts", InFolder("artifacts"), "--data", InFolder("rows.safetensors"), "--out", InFolder("gradients.safetensors"));
        var step = ArtifactFolder.Open(InFolder("step"));
        var checkpoint = OdtcCheckpoint.Read(step.Checkpoint);
        var gradients = TensorFile.Open(InFolder("gradients.safetensors"));
        var wanted = gradients.Names.ToDictionary(key => key == "loss" ? key : key["grad.".Length..] + "_grad", key => gradients[key].As<float>().ToArray());
        if (checkpoint.Frozen.Count > 0)
        {
            Program.Ok("train", "--artifacts", InFolder("artifacts"), "--data", InFolder("rows.safetensors"), "--no-shuffle", "--batch-size", $"{Rows}", "--steps", "1", "--out", InFolder("run"));
            var after = TensorFile.Open(Path.Combine(InFolder("run"), "checkpoints", "last", "model.safetensors"));
            foreach (var statistic in checkpoint.Frozen)
            {
                wanted.Add(statistic.Name + "_running", after[statistic.Name].As<float>().ToArray());
            }
        }

        _cases.Add(name, new Case(step, [.. rows, .. checkpoint.Trainable, .. checkpoint.Frozen], wanted));
    }

    private string Create(string name, string head, string config)
    {
        var (file, model) = (Path.Combine(_root, name, "config.json"), Path.Combine(_root, name, "model"));
        File.WriteAllText(file, config);
        Program.Ok("model", "create", "--config", file, "--head", head, "--seed", "3", "--out", model);
        return model;
    }

    private static NamedTensor[] PerceptronRows()
    {
        var random = new Random(7);
        return
        [
            new("x", Tensor.From<float>([.. Enumerable.Range(0, Rows * 6).Select(_ => random.NextSingle() * 2 - 1)], Rows, 6)),
            new("labels", Tensor.Vector<long>([.. Enumerable.Range(0, Rows).Select(i => i == 4 ? -100L : i % 3)])),
        ];
    }

    /// <summary>Ids that come again in a row, the last third of some rows padded.</summary>
    private static NamedTensor[] TokenRows()
    {
        var ids = Enumerable.Range(0, Rows * Length).Select(i => (long)(i * 7 % 23) % Vocabulary).ToArray();
        var mask = ids.Select((_, i) => i / Length % 3 == 2 && i % Length >= 7 ? 0L : 1L).ToArray();
        var labels = ids.Select((id, i) => mask[i] == 0 || i % 4 == 1 ? -100L : (id + 3) % Vocabulary).ToArray();
        return [.. new[] { ("input_ids", ids), ("attention_mask", mask), ("labels", labels) }.Select(t => new NamedTensor(t.Item1, Tensor.From<long>(t.Item2, Rows, Length)))];
    }
}
