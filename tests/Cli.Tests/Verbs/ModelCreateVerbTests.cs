using System.Text.Json;
using NUnit.Framework;

namespace OnnxPipeline.Cli.Tests.Verbs;

public sealed class ModelCreateVerbTests
{
    [Test]
    public async Task Create_ConfigOfAnotherFamily_NamesFieldAndFamilies()
    {
        var folder = Directory.CreateTempSubdirectory("onnxpipe").FullName;
        try
        {
            var config = Path.Combine(folder, "config.json");
            File.WriteAllText(config, """{"model_type": "gpt17"}""");
            var call = await Call.Of("model", "create", "--config", config, "--head", "clm", "--out", Path.Combine(folder, "out"));
            Assert.Multiple(() =>
            {
                Assert.That(call.Code, Is.EqualTo(1));
                Assert.That(call.Error, Does.Contain(config).And.Contain("model_type").And.Contain("gpt17").And.Contain("gpt2"));
                Assert.That(Directory.GetFileSystemEntries(folder), Has.Length.EqualTo(1), "nothing is left beside the configuration");
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public async Task Create_TinyGpt_WritesTheFolderAndSaysWhatIsInIt()
    {
        var folder = Directory.CreateTempSubdirectory("onnxpipe").FullName;
        try
        {
            var (config, output) = (Path.Combine(folder, "config.json"), Path.Combine(folder, "out"));
            File.WriteAllText(config, """{"model_type": "gpt2", "vocab_size": 5, "n_positions": 4, "n_embd": 4, "n_layer": 0, "n_head": 1}""");
            var call = await Call.Of("model", "create", "--config", config, "--head", "clm", "--with-loss", "--out", output, "--json");
            Assert.That(call.Code, Is.Zero, call.Error);
            var report = JsonDocument.Parse(call.Output).RootElement;
            Assert.That(report.GetProperty("elements").GetInt64(), Is.EqualTo((5 * 4) + (4 * 4) + 4 + 4), "wte, wpe, ln_f");
            Assert.That(report.GetProperty("outputs").EnumerateArray().Select(o => o.GetString()), Is.EqualTo(new[] { "loss", "logits" }));
            Assert.That(File.Exists(Path.Combine(output, "model.onnx")));
            var other = await Call.Of("model", "create", "--config", config, "--head", "qa", "--out", Path.Combine(folder, "other"));
            Assert.That(other.Code, Is.EqualTo(1));
            Assert.That(other.Error, Does.Contain("'qa'").And.Contain("clm"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
