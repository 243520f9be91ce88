using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TextFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TextFilesTests()
    {
        foreach (var name in new[] { "b.txt", "a.txt", "deep/c.txt", "deep/.hidden/d.txt", ".e.txt", "notes.md" })
        {
            _folder.Write(name, name);
        }
    }

    public void Dispose() => _folder.Dispose();

    [TestCase("", "a.txt b.txt deep/c.txt notes.md")]
    [TestCase("deep", "deep/c.txt")]
    [TestCase("*.txt", "a.txt b.txt deep/c.txt")]
    [TestCase("?.txt", "a.txt b.txt")]
    [TestCase("d*", "deep/c.txt")]
    [TestCase("notes.md", "notes.md")]
    public void Expand_APattern_GivesItsFilesInOrder(string pattern, string names)
    {
        Assert.That(Expand(pattern), Is.EqualTo(names.Split(' ')));
    }

    [Test]
    public void Expand_SeveralPatterns_KeepsTheirOrderAndNoFileTwice()
    {
        Assert.That(Expand("deep", "b.txt", "*.txt"), Is.EqualTo(new[] { "deep/c.txt", "b.txt", "a.txt" }));
    }

    [TestCase("a.tx", "a.txt")]
    [TestCase("*.text", "closest")]
    [TestCase("missing/*.txt", "no folder")]
    public void Expand_WhatIsNotThere_NamesWhatIs(string pattern, string named)
    {
        Assert.That(() => Expand(pattern), Throws.TypeOf<TextException>().With.Message.Contains(named).And.Message.Contains(pattern));
    }

    [Test]
    public void Expand_ANameWithoutWildcards_LooksAtNothingBelow()
    {
        _folder.Write("far/below/only.txt", "");
        Assert.That(() => Expand("far/onyl.txt"), Throws.TypeOf<TextException>().With.Message.Contains("none in that folder"));
    }

    [Test]
    public void Expand_AGlob_EntersOnlyFoldersThatItCanMatchIn()
    {
        _folder.Write("far/below/only.txt", "");
        Assert.That(() => Expand("far/other*.txt"), Throws.TypeOf<TextException>().With.Message.Contains("none in that folder"));
        Assert.That(() => Expand("far/be*.md"), Throws.TypeOf<TextException>().With.Message.Contains("only.txt"));
        Assert.That(Expand("far/?e*w/*.txt"), Is.EqualTo(new[] { "far/below/only.txt" }));
    }

    private IEnumerable<string> Expand(params string[] patterns) =>
        TextFiles.Expand(patterns.Select(pattern => pattern.Length == 0 ? _folder.Path : _folder[pattern])).Select(path => Path.GetRelativePath(_folder.Path, path).Replace('\\', '/'));
}
