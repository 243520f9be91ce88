using System.Globalization;
using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Pipelines.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class QuickstartPartsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Stages Silent => new(8, _ => { }, _ => { });

    [Test]
    public void Draw_ALossThatFalls_GoesFromTopLeftToBottomRight()
    {
        var training = Enumerable.Range(1, 1000).Select(step => ((long)step, 8.0 - (step / 200.0))).ToList();
        var lines = LossCurve.Draw(training, [(500, 5.6), (1000, 3.1)], width: 40, height: 8);
        Assert.That(lines, Has.Count.EqualTo(10));
        Assert.That(lines[0], Does.Contain("┤··"));
        Assert.That(lines[7].TrimEnd(), Does.EndWith("●"));
        Assert.That(double.Parse(lines[0].Split('┤')[0], CultureInfo.InvariantCulture), Is.EqualTo(7.9).Within(0.1));
        Assert.That(lines[^1], Does.EndWith("step 1,000"));
    }

    [Test]
    public void Draw_OneStep_IsDrawn() => Assert.That(LossCurve.Draw([(1, 2.0)], []), Has.Some.Contains("·"));

    [Test]
    public void Take_NoDocumentationAndNoData_SaysWhereItLookedAndWhatToGive()
    {
        Assert.That(() => QuickstartText.Take([], [], _folder.Path, Silent, default), Throws.TypeOf<PipelineFailedException>().With.Message.Contains("--data").And.Message.Contains("packs"));
    }

    [Test]
    public void Take_Data_IsTrainedOnButForItsEnd()
    {
        var text = QuickstartText.Take([_folder.Write("a.txt", "Some text of one's own.")], ["unused.xml"], _folder.Path, Silent, default);
        Assert.That(text.Files, Is.EqualTo(new[] { _folder["a.txt"] }));
        Assert.That((text.Validation, text.IsKnown), Is.EqualTo(("0.05", false)));
    }

    [Test]
    public void Create_WithoutAPath_TakesTheNextFreeName()
    {
        var before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = _folder.Path;
        try
        {
            foreach (var name in new[] { "quickstart", "quickstart-2", "quickstart-3" })
            {
                using var folder = QuickstartFolder.Create(null, force: false);
                Assert.That(Path.GetFileName(folder.Path), Is.EqualTo(name));
                File.WriteAllText(folder["x"], "");
                folder.Complete();
            }
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [Test]
    public void Create_WhatIsThere_IsRefusedOrComesBackWhereTheJourneyFails()
    {
        var path = _folder["out"];
        _folder.Write("out/mine.txt", "mine");
        Assert.That(() => QuickstartFolder.Create(path, force: false), Throws.TypeOf<OutputExistsException>().With.Message.Contains("--force"));
        using (var failed = QuickstartFolder.Create(path, force: true))
        {
            File.WriteAllText(failed["new.txt"], "");
        }

        Assert.That(Directory.GetFileSystemEntries(_folder.Path).Concat(Directory.GetFileSystemEntries(path)).Select(Path.GetFileName), Is.EquivalentTo(new[] { "out", "mine.txt" }));
        using (var done = QuickstartFolder.Create(path, force: true))
        {
            File.WriteAllText(done["new.txt"], "");
            done.Complete();
        }

        Assert.That(Directory.GetFileSystemEntries(_folder.Path).Concat(Directory.GetFileSystemEntries(path)).Select(Path.GetFileName), Is.EquivalentTo(new[] { "out", "new.txt", "lock" }));
    }

    [Test]
    public void Create_InterruptedAfterTheFirstCheckpoint_KeepsTheRun()
    {
        using (var interrupted = QuickstartFolder.Create(_folder["out"], force: false))
        {
            Directory.CreateDirectory(Path.Combine(interrupted.Run, "checkpoints", "last"));
        }

        Assert.That(Directory.Exists(_folder["out/run"]), Is.True);
    }

    [TestCase(false)]
    [TestCase(true, Description = "killed between the renames")]
    public void Create_AfterAKillBeforeTheFirstCheckpoint_BringsBackWhatWasReplaced(bool early)
    {
        _folder.Write(".out.replaced/mine.txt", "mine"); // what a killed process left
        if (!early)
        {
            _folder.Write("out/text/half.txt", "");
            _folder.Write("out/lock", "");
        }

        Assert.That(() => QuickstartFolder.Create(_folder["out"], force: false), Throws.TypeOf<OutputExistsException>());

        Assert.That(Directory.GetFileSystemEntries(_folder.Path).Concat(Directory.GetFileSystemEntries(_folder["out"])).Select(Path.GetFileName), Is.EquivalentTo(new[] { "out", "mine.txt" }));
    }

    [Test]
    public void Create_WhereAnotherWorks_LeavesItAloneAndTakesTheNextName()
    {
        var before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = _folder.Path;
        try
        {
            using var first = QuickstartFolder.Create(null, force: false); // nothing in it yet
            Assert.That(() => QuickstartFolder.Create(first.Path, force: false), Throws.TypeOf<FileFormatException>().With.Message.Contains("another process"));
            Assert.That(() => QuickstartFolder.Create(first.Path, force: true), Throws.TypeOf<FileFormatException>().With.Message.Contains("another process"));
            using (var second = QuickstartFolder.Create(null, force: false))
            {
                Assert.That(Path.GetFileName(second.Path), Is.EqualTo("quickstart-2"));
            }

            Assert.That(Directory.Exists(first.Path), Is.True);
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }
}
