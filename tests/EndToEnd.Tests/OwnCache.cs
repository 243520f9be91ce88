using NUnit.Framework;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>Programs that the tests start keep tokenized texts in a folder of the tests' own, not in the user's.</summary>
[SetUpFixture]
public sealed class OwnCache
{
    private readonly string _folder = Directory.CreateTempSubdirectory("onnxpipe-cache-").FullName;

    [OneTimeSetUp]
    public void Set() => Environment.SetEnvironmentVariable("ONNXPIPE_CACHE", _folder);

    [OneTimeTearDown]
    public void Remove()
    {
        Environment.SetEnvironmentVariable("ONNXPIPE_CACHE", null);
        Directory.Delete(_folder, true);
    }
}
