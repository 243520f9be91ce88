using NUnit.Framework;

namespace OnnxPipeline.Files.Tests;

public sealed class ManifestTests
{
    private static readonly Manifest Sample = new()
    {
        Target = "ort-training",
        ToolVersion = "0.1.0",
        Loss = new("cross-entropy", "logits", "labels", -100),
        Optimizer = new("adamw", 0.001, [0.9, 0.999], 1e-6, AdamMode: 1),
        Parameters = [new("w", [2, 3], "F32", true, ["w_copy"], new(0, 24))],
        Inputs = [new("x", [new(null, "batch"), new(2), new(null)], "F32")],
        Outputs = [new("loss", [], "F32"), new("y", null, "F32")],
        Opset = 18,
        Files = new(StringComparer.Ordinal) { ["b"] = "00", ["a"] = "11" },
        Family = "gpt2",
        Tokenizer = new("bpe", 2048),
    };

    [Test]
    public void Write_ThenRead_GivesTheSame()
    {
        using var folder = new TemporaryFolder();
        Sample.Write(folder["manifest.json"]);
        var read = Manifest.Read(folder["manifest.json"]);
        read.Write(folder["again.json"]);
        Assert.That(File.ReadAllBytes(folder["again.json"]), Is.EqualTo(File.ReadAllBytes(folder["manifest.json"])));
        Assert.That(read.Inputs[0].Shape, Is.EqualTo(Sample.Inputs[0].Shape));
        Assert.That(read.Parameters[0].Data, Is.EqualTo(new ManifestData(0, 24)));
        Assert.That(read.Loss, Is.EqualTo(Sample.Loss));
    }

    [Test]
    public void Write_Keys_AreThoseOfTheContract()
    {
        using var folder = new TemporaryFolder();
        Sample.Write(folder["manifest.json"]);
        var text = File.ReadAllText(folder["manifest.json"]);
        foreach (var key in "format target tool_version loss kind input labels ignore_index shift optimizer lr betas eps weight_decay adam_mode parameters name shape type trainable ties data offset length inputs outputs opset files family tokenizer".Split(' '))
        {
            Assert.That(text, Does.Contain($"\"{key}\":"));
        }

        Assert.That(text, Does.Not.Contain("label_names").And.Not.Contain("\r"));
        Assert.That(text.IndexOf("\"a\": \"11\"", StringComparison.Ordinal), Is.LessThan(text.IndexOf("\"b\": \"00\"", StringComparison.Ordinal)));
    }

    [Test]
    public void Read_KeysLeftOut_AreEmpty()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["manifest.json"], """{"format": 1}""");
        var manifest = Manifest.Read(folder["manifest.json"]);
        Assert.That((manifest.Parameters.Count, manifest.Inputs.Count, manifest.Outputs.Count, manifest.Files.Count), Is.EqualTo((0, 0, 0, 0)));
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("""{"format": 2}""")]
    [TestCase("""{"format": 1, "parameters": 3}""")]
    [TestCase("""{"format": 1, "parameters": [{"name": "w"}]""")]
    [TestCase("""{"format": 1, "parameters": null}""")]
    [TestCase("""{"format": 1, "parameters": [null]}""")]
    [TestCase("""{"format": 1, "outputs": [null]}""")]
    [TestCase("""{"format": 1, "optimizer": {"optimizer": "adamw", "lr": 1, "betas": [0.9]}}""")]
    public void Read_OtherContent_ThrowsNamingTheFile(string content)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["manifest.json"], content);
        Assert.That(() => Manifest.Read(folder["manifest.json"]), Throws.TypeOf<FileFormatException>().With.Message.Contain(folder["manifest.json"]));
    }

    [Test]
    public void Open_ArtifactFolder_FindsThePrefix()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => ArtifactFolder.Open(folder.Path), Throws.TypeOf<FileFormatException>().With.Message.Contain("no *manifest.json"));
        Assert.That(() => ArtifactFolder.Open(folder["not there"]), Throws.TypeOf<FileFormatException>().With.Message.Contain("not there"));

        folder.Write("p_training_model.onnx", []);
        Assert.That(ArtifactFolder.Open(folder.Path).Prefix, Is.EqualTo("p_"));
        Assert.That(ArtifactFolder.Open(folder.Path).Manifest, Is.Null);

        folder.Write("q_training_model.onnx", []);
        Assert.That(() => ArtifactFolder.Open(folder.Path), Throws.TypeOf<FileFormatException>().With.Message.Contain("p_training_model.onnx, q_training_model.onnx"));

        Sample.Write(folder["q_manifest.json"]);
        var found = ArtifactFolder.Open(folder.Path);
        Assert.That(found.Checkpoint, Is.EqualTo(folder["q_checkpoint"]));
        Assert.That(found.Manifest!.Target, Is.EqualTo("ort-training"));
    }

    [Test]
    public void Sha256_OfAFile_IsLowerCase()
    {
        using var folder = new TemporaryFolder();
        Assert.That(Sha256.Of(folder.Write("f", "abc"u8.ToArray())), Is.EqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    }
}
