using NUnit.Framework;

namespace OnnxPipeline.Files.Tests;

public sealed class OutputTargetTests
{
    [Test]
    public void Commit_NewFolder_HasTheContentAndNothingBeside()
    {
        using var folder = new TemporaryFolder();
        using (var target = OutputTarget.Folder(folder["made/deep/out"], force: false))
        {
            File.WriteAllText(Path.Combine(target.Path, "f"), "new");
            Assert.That(Directory.Exists(folder["made/deep/out"]), Is.False);
            target.Commit();
        }

        Assert.That(File.ReadAllText(folder["made/deep/out/f"]), Is.EqualTo("new"));
        Assert.That(Directory.GetFileSystemEntries(folder["made/deep"]), Has.Length.EqualTo(1));
    }

    [Test]
    public void Dispose_WithoutCommit_LeavesNothing()
    {
        using var folder = new TemporaryFolder();
        using (var target = OutputTarget.Folder(folder["made/deep/out"], force: false))
        {
            File.WriteAllText(Path.Combine(target.Path, "f"), "new");
        }

        Assert.That(folder.Names, Is.Empty);
    }

    [Test]
    public void Folder_AnotherOneBuildsThere_IsRefusedAndDisturbsNothing()
    {
        using var folder = new TemporaryFolder();
        using (var first = OutputTarget.Folder(folder["out"], force: false))
        {
            File.WriteAllText(Path.Combine(first.Path, "f"), "first");
            Assert.That(() => OutputTarget.Folder(folder["out/"], force: true), Throws.TypeOf<FileFormatException>().With.Message.Contains("another process"));
            first.Commit();
        }

        Assert.That(File.ReadAllText(folder["out/f"]), Is.EqualTo("first"));
        Assert.That(folder.Names, Is.EqualTo(new[] { "out" }));
        using var next = OutputTarget.Folder(folder["out"], force: true);
    }

    [Test]
    public void Commit_AfterAnInterruption_LeavesTheOldContent()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["out"], "old");
        using var interruption = new CancellationTokenSource();
        using (var target = OutputTarget.File(folder["out"], force: true, interruption.Token))
        {
            File.WriteAllText(target.Path, "new");
            interruption.Cancel();
            Assert.That(target.Commit, Throws.InstanceOf<OperationCanceledException>());
        }

        Assert.That(File.ReadAllText(folder["out"]), Is.EqualTo("old"));
        Assert.That(folder.Names, Is.EqualTo(new[] { "out" }));
    }

    [Test]
    public void Folder_FilledOne_RefusedWith64AndLeftAlone()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["out"]);
        File.WriteAllText(folder["out/mine"], "mine");
        var error = Assert.Throws<OutputExistsException>(() => OutputTarget.Folder(folder["out/"], force: false));
        Assert.That(error!.ExitCode, Is.EqualTo(64));
        Assert.That(() => OutputTarget.File(folder["out/mine"], force: false), Throws.TypeOf<OutputExistsException>());
        Assert.That(folder.Names, Is.EqualTo(new[] { "out" }));
        Assert.That(Directory.GetFiles(folder["out"]), Has.Length.EqualTo(1));
    }

    [Test]
    public void Commit_EmptyFolderWithoutForce_Fills()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["out"]);
        using var target = OutputTarget.Folder(folder["out"], force: false);
        File.WriteAllText(Path.Combine(target.Path, "f"), "new");
        target.Commit();
        Assert.That(File.Exists(folder["out/f"]));
        Assert.That(folder.Names, Is.EqualTo(new[] { "out" }));
    }

    [TestCase(true, true)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    [TestCase(false, false)]
    public void Commit_Forced_ReplacesTheWhole(bool oldIsFolder, bool newIsFolder)
    {
        using var folder = new TemporaryFolder();
        if (oldIsFolder)
        {
            Directory.CreateDirectory(folder["out"]);
            File.WriteAllText(folder["out/mine"], "mine");
        }
        else
        {
            File.WriteAllText(folder["out"], "mine");
        }

        using var target = newIsFolder ? OutputTarget.Folder(folder["out"], force: true) : OutputTarget.File(folder["out"], force: true);
        File.WriteAllText(newIsFolder ? Path.Combine(target.Path, "f") : target.Path, "new");
        Assert.That(oldIsFolder ? File.Exists(folder["out/mine"]) : File.ReadAllText(folder["out"]) == "mine", "nothing changes before Commit");
        target.Commit();
        Assert.That(File.ReadAllText(newIsFolder ? folder["out/f"] : folder["out"]), Is.EqualTo("new"));
        Assert.That(folder.Names, Is.EqualTo(new[] { "out" }));
        Assert.That(!newIsFolder || Directory.GetFiles(folder["out"]).Length == 1);
    }

    [Test]
    public void Commit_PlaceFilledMeanwhile_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using (var target = OutputTarget.File(folder["out"], force: false))
        {
            File.WriteAllText(target.Path, "new");
            File.WriteAllText(folder["out"], "mine");
            Assert.That(target.Commit, Throws.TypeOf<OutputExistsException>());
        }

        Assert.That(File.ReadAllText(folder["out"]), Is.EqualTo("mine"));
        Assert.That(folder.Names, Is.EqualTo(new[] { "out" }));
    }

    [Test]
    public void Folder_AfterAKilledProcess_RemovesWhatItLeft()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder[".out.partial"]);
        File.WriteAllText(folder[".out.partial/half"], "");
        using (var target = OutputTarget.Folder(folder["out"], force: false))
        {
            Assert.That(Directory.GetFiles(target.Path), Is.Empty);
        }

        Assert.That(folder.Names, Is.Empty);
    }

    [Test]
    public void Recover_OldContentRenamedAside_PutsItBack()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder[".out.replaced"]);
        File.WriteAllText(folder[".out.replaced/mine"], "mine");
        Assert.That(() => OutputTarget.Folder(folder["out"], force: false), Throws.TypeOf<OutputExistsException>());
        Assert.That(File.ReadAllText(folder["out/mine"]), Is.EqualTo("mine"));
        Assert.That(folder.Names, Is.EqualTo(new[] { "out" }));
    }

    [Test]
    public void Folder_InsideAFile_SaysThatItCannotBeWritten()
    {
        using var folder = new TemporaryFolder();
        folder.Write("f", [1]);
        Assert.That(() => OutputTarget.Folder(folder["f/out"], force: false), Throws.TypeOf<FileFormatException>().With.Message.Contain("f/out"));
    }

    [Test]
    public void Commit_LinkToAFolder_ReplacesTheLinkNotWhatItNames()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["real"]);
        File.WriteAllText(folder["real/mine"], "mine");
        Directory.CreateSymbolicLink(folder["out"], folder["real"]);
        using var target = OutputTarget.Folder(folder["out"], force: true);
        File.WriteAllText(Path.Combine(target.Path, "f"), "new");
        target.Commit();
        Assert.That(File.ReadAllText(folder["real/mine"]), Is.EqualTo("mine"));
        Assert.That(File.ReadAllText(folder["out/f"]), Is.EqualTo("new"));
    }

    [Test]
    public void RequireSpace_MoreThanThereIs_Throws()
    {
        using var folder = new TemporaryFolder();
        using var target = OutputTarget.Folder(folder["out"], force: false);
        target.RequireSpace(1);
        Assert.That(() => target.RequireSpace(1L << 60), Throws.TypeOf<FileFormatException>().With.Message.Contain("are free"));
    }
}
