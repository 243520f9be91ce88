using NUnit.Framework;

namespace OnnxPipeline.Files.Tests;

public sealed class RunLockTests
{
    [Test]
    public void Acquire_HeldLock_IsRefusedUntilReleased()
    {
        using var folder = new TemporaryFolder();
        using (RunLock.Acquire(folder["lock"]))
        {
            var error = Assert.Throws<FileFormatException>(() => RunLock.Acquire(folder["lock"]));
            Assert.That(error!.Message, Does.Contain("in use").And.Contain(folder["lock"]));
            Assert.That(error.ExitCode, Is.EqualTo(1));
        }

        using var again = RunLock.Acquire(folder["lock"]);
        Assert.That(again, Is.Not.Null);
    }

    [Test]
    public void Acquire_FileLeftBehind_DoesNotBlock()
    {
        using var folder = new TemporaryFolder();
        using var taken = RunLock.Acquire(folder.Write("lock", [1, 2, 3]));
        Assert.That(taken, Is.Not.Null);
    }

    [Test]
    public void Acquire_MissingFolder_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => RunLock.Acquire(folder[new string('n', 300)]), Throws.TypeOf<FileFormatException>().With.Message.Contain("cannot be made"));
        Assert.That(() => RunLock.Acquire(folder["no/lock"]), Throws.TypeOf<FileFormatException>().With.Message.Contain("cannot be made"));
    }
}
