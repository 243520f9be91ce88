using NUnit.Framework;

namespace OnnxPipeline.Files.Tests;

public sealed class InputFileTests
{
    [TestCase("../secret")]
    [TestCase("a/../../secret")]
    [TestCase("/etc/passwd")]
    [TestCase("a\\..\\..\\secret")]
    [TestCase("C:\\secret")]
    [TestCase("")]
    [TestCase("a//b")]
    public void Inside_NameThatLeadsElsewhere_Throws(string name)
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => InputFile.Inside(folder.Path, name, "model.onnx"), Throws.TypeOf<FileFormatException>().With.Message.Contain("model.onnx"));
        Assert.That(() => InputFile.Inside(folder.Path, name, "model.onnx", followLinks: true), Throws.TypeOf<FileFormatException>());
    }

    [Test]
    public void Inside_PlainName_IsBesideTheOthers()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["sub"]);
        File.WriteAllText(folder["sub/f"], "");
        Assert.That(InputFile.Inside(folder.Path, "sub/f", "m"), Is.EqualTo(folder["sub/f"]));
        Assert.That(InputFile.Inside(folder.Path, "not-yet", "m"), Is.EqualTo(folder["not-yet"]));
    }

    [Test]
    public void Inside_LinkThatLeavesTheFolder_NeedsPermission()
    {
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        other.Write("f", [1]);
        Directory.CreateSymbolicLink(folder["link"], other.Path);
        File.CreateSymbolicLink(folder["inside"], folder["f"]);
        folder.Write("f", [1]);
        Assert.That(() => InputFile.Inside(folder.Path, "link/f", "m"), Throws.TypeOf<FileFormatException>().With.Message.Contain("--follow-links"));
        Assert.That(InputFile.Inside(folder.Path, "link/f", "m", followLinks: true), Is.EqualTo(folder["link/f"]));
        Assert.That(InputFile.Inside(folder.Path, "inside", "m"), Is.EqualTo(folder["inside"]));
    }
}
