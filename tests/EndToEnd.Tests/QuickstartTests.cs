using System.Text.Json;
using NUnit.Framework;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>The main job on real input, through the program: the short form.</summary>
[TestFixture]
public sealed class QuickstartTests
{
    private readonly string _root = Directory.CreateTempSubdirectory("onnxpipe-quickstart-").FullName;

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, true);

    [Test]
    public void Quickstart_Fast_TrainsExportsGeneratesAndServes()
    {
        var folder = Path.Combine(_root, "out");
        var result = JsonDocument.Parse(Program.Ok("quickstart", "--fast", "--steps", "300", "--json", "--out", folder)).RootElement;
        double Number(string name) => result.GetProperty(name).GetDouble();

        Assert.Multiple(() =>
        {
            Assert.That(result.GetProperty("training_tokens").GetInt64(), Is.GreaterThan(1_000_000));
            Assert.That(Number("unigram_perplexity"), Is.EqualTo(515.3).Within(1), "counted, not trained");
            Assert.That(Number("trigram_perplexity"), Is.EqualTo(14.4).Within(0.1), "counted, not trained");
            Assert.That(Number("unigram_accuracy"), Is.EqualTo(0.067).Within(0.001), "counted, not trained");
            Assert.That(result.GetProperty("steps").GetInt64(), Is.EqualTo(300));
            Assert.That(Number("perplexity"), Is.EqualTo(100).Within(20));
            Assert.That(Number("masked_accuracy"), Is.GreaterThan(Number("unigram_accuracy") * 1.2), "more than the most frequent token everywhere");
            Assert.That(Number("export_difference"), Is.LessThanOrEqualTo(1e-5));
            Assert.That(Number("served_difference"), Is.LessThanOrEqualTo(1e-5));
            Assert.That(result.GetProperty("texts").GetArrayLength(), Is.EqualTo(3));
            Assert.That(result.GetProperty("filled_masks").GetArrayLength(), Is.EqualTo(3));
            Assert.That(File.ReadAllText(result.GetProperty("loss_curve").GetString()!), Does.StartWith("<svg"));
        });
        Assert.That(Directory.GetFileSystemEntries(_root).Select(Path.GetFileName), Is.EqualTo(new[] { "out" }));
        var more = Program.Ok("generate", "--model", result.GetProperty("model").GetString()!, "--prompt", "Gets the", "--max-tokens", "5");
        Assert.That(JsonDocument.Parse(more).RootElement.GetProperty("ids").GetArrayLength(), Is.InRange(1, 5));
        var filled = JsonDocument.Parse(Program.Ok("fill-mask", "--json", "--model", result.GetProperty("masked_model").GetString()!, "Gets the [MASK].")).RootElement;
        Assert.That(filled.GetProperty("masks")[0].GetArrayLength(), Is.EqualTo(5));
    }

    [Test]
    public void Quickstart_TextOfOnesOwn_GoesTheSameWay()
    {
        var random = new Random(3);
        string[] words = ["the cat", "the dog", "sat on", "ran to", "the mat.", "the hill."];
        File.WriteAllText(Path.Combine(_root, "own.txt"), string.Join(' ', Enumerable.Range(0, 9000).Select(i => words[2 * (i % 3) + random.Next(2)])));
        var folder = Path.Combine(_root, "own");
        var output = Program.Ok("quickstart", "--fast", "--minutes", "0.05", "--data", Path.Combine(_root, "own.txt"), "--out", folder);

        Assert.That(output, Does.Contain(Path.Combine(folder, "repository")));
        Assert.That(File.Exists(Path.Combine(folder, "repository", "quickstart", "1", "model.onnx")));
        Directory.Delete(folder, true);
        File.Delete(Path.Combine(_root, "own.txt"));
    }
}
