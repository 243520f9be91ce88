using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Serving.Tests;

/// <summary>Folders that are no repository, and what is said of them.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RepositoryFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Test]
    public void Open_ModelWithoutAVersionFolder_SaysWhereToPutIt()
    {
        var model = Touch("gpt", "model.onnx");
        Touch("gpt", "1", "model.onnx");
        Assert.That(Complaint(), Does.Contain(model).And.Contain($"put its content into {Path.Combine(folder.Path, "gpt", "1")}."));
    }

    [Test]
    public void Open_ModelFolderItself_SaysThatARepositoryHoldsModels()
    {
        Touch("model.onnx");
        Assert.That(Complaint(), Does.Contain(Path.Combine(folder.Path, "model.onnx")).And.Contain(Path.Combine("NAME", "1")));
    }

    [Test]
    public void Open_FolderOfVersions_SaysToServeTheOneAbove()
    {
        Touch("1", "model.onnx");
        Assert.That(Complaint(), Does.Contain("serve the folder above"));
    }

    [TestCase("one")]
    [TestCase("01")]
    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("9999999999")]
    public void Open_ModelWithoutAVersion_IsNamed(string version)
    {
        Touch("gpt", version, "model.onnx");
        Assert.That(Complaint(), Does.Contain(Path.Combine(folder.Path, "gpt") + ": holds no version"));
    }

    [Test]
    public void Open_VersionWithoutAModel_IsNamed()
    {
        Touch("gpt", "1", "model.onnx");
        Touch("gpt", "2", "config.json");
        Assert.That(Complaint(), Does.Contain(Path.Combine(folder.Path, "gpt", "2") + ": holds no model.onnx"));
    }

    [Test]
    public void Open_EmptyMissingOrFile_IsNamed()
    {
        Assert.That(Complaint(), Does.Contain(folder.Path + ": holds no model"));
        Assert.That(Complaint(Path.Combine(folder.Path, "none")), Does.Contain("none: does not exist"));
        Assert.That(Complaint(Touch("file")), Does.Contain("file: is a file"));
    }

    [Test]
    public void Open_FileThatIsNoModel_IsNamed()
    {
        var path = Touch("gpt", "1", "model.onnx");
        Assert.That(Complaint(), Does.Contain(path));
    }

    private string Complaint(string? path = null) => Assert.Catch<PipelineException>(() => ModelRepository.Open(path ?? folder.Path).Dispose())!.Message;

    private string Touch(params string[] parts)
    {
        var path = folder.File(parts);
        File.WriteAllText(path, "no model");
        return path;
    }
}
