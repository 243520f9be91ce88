using NUnit.Framework;

namespace OnnxPipeline.Files.Tests;

public sealed class MappedFileTests
{
    [Test]
    public void Slice_PartOfFile_HasItsBytes()
    {
        using var folder = new TemporaryFolder();
        using var file = MappedFile.Open(folder.Write("f", [1, 2, 3, 4]));
        Assert.That(file.Slice(1, 2).ToArray(), Is.EqualTo(new byte[] { 2, 3 }));
        Assert.That(file.Slice(4, 0).Length, Is.Zero);
    }

    [TestCase(0, 5)]
    [TestCase(5, 0)]
    [TestCase(-1, 1)]
    [TestCase(1, long.MaxValue)]
    [TestCase(long.MaxValue, 1)]
    public void Slice_OutsideOfFile_Throws(long offset, long length)
    {
        using var folder = new TemporaryFolder();
        using var file = MappedFile.Open(folder.Write("f", [1, 2, 3, 4]));
        Assert.That(() => file.Slice(offset, length), Throws.TypeOf<FileFormatException>().With.Message.Contain(folder["f"]));
    }

    [Test]
    public void Open_EmptyFile_HasNoBytes()
    {
        using var folder = new TemporaryFolder();
        using var file = MappedFile.Open(folder.Write("f", []));
        Assert.That(file.Length, Is.Zero);
    }

    [Test]
    public void Open_MissingFileOrFolder_NamesThePath()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => MappedFile.Open(folder["not there"]), Throws.TypeOf<FileFormatException>().With.Message.Contain(folder["not there"]).And.Message.Contain("does not exist"));
        Assert.That(() => MappedFile.Open(folder.Path), Throws.TypeOf<FileFormatException>().With.Message.Contain("is a folder"));
        Assert.That(() => MappedFile.Open(System.IO.Path.Combine(folder.Write("f", [1]), "g")), Throws.TypeOf<FileFormatException>());
    }

    [Test]
    public void Slice_AfterTheFileIsReplaced_KeepsTheOldBytes()
    {
        using var folder = new TemporaryFolder();
        using var file = MappedFile.Open(folder.Write("f", [1, 2, 3, 4]));
        AtomicFile.Write(folder["f"], stream => stream.Write([9, 9, 9, 9]));
        Assert.That(file.Slice(0, 4).ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 4 }));
        Assert.That(File.ReadAllBytes(folder["f"]), Is.EqualTo(new byte[] { 9, 9, 9, 9 }));
    }
}
