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
}
