using System.Text;
using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Models.Tests;

public sealed class ModelFolderTests
{
    private const string Json = """{"model_type": "gpt2", "vocab_size": 5, "n_positions": 4, "n_embd": 4, "n_layer": 1, "n_head": 1, "note": "kept"}""";

    private string _folder = "";

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("onnxpipe").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Create_Folder_HoldsModelConfigurationAndManifest()
    {
        var folder = Create("a", 3);
        Assert.That(Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal), Is.EqualTo(new[] { "config.json", "manifest.json", "model.onnx" }));
        Assert.That(File.ReadAllText(Path.Combine(folder, "config.json")), Is.EqualTo(Json));
        var manifest = Manifest.Read(Path.Combine(folder, "manifest.json"));
        Assert.That((manifest.Family, manifest.Task), Is.EqualTo(("gpt2", "clm")));
        Assert.That(manifest.Files.Keys.Order(StringComparer.Ordinal), Is.EqualTo(new[] { "config.json", "model.onnx" }));
        Assert.That(manifest.Parameters.First(p => p.Name == "transformer.wte.weight").Shape, Is.EqualTo(new[] { 5, 4 }));
    }

    [Test]
    public void Create_SameSeed_SameBytes_AnotherSeedOthers()
    {
        var (one, again, other) = (Create("a", 3), Create("b", 3), Create("c", 4));
        foreach (var file in Directory.GetFiles(one).Select(Path.GetFileName))
        {
            Assert.That(File.ReadAllBytes(Path.Combine(again, file!)), Is.EqualTo(File.ReadAllBytes(Path.Combine(one, file!))), file);
        }

        Assert.That(File.ReadAllBytes(Path.Combine(other, "model.onnx")), Is.Not.EqualTo(File.ReadAllBytes(Path.Combine(one, "model.onnx"))));
    }

    private string Create(string name, long seed)
    {
        using var target = OutputTarget.Folder(Path.Combine(_folder, name), force: false);
        ModelFolder.Create(ConfigFile.Parse(Encoding.UTF8.GetBytes(Json), "config.json"), new BuildOptions("clm", false, seed), target);
        target.Commit();
        return target.FinalPath;
    }
}
