using NUnit.Framework;

namespace OnnxPipeline.Cli.Tests;

public sealed class ProgressTests
{
    [Test]
    public void Update_NotATerminal_WritesOnePlainLineNowAndThen()
    {
        var text = Written(quiet: false, progress =>
        {
            for (var i = 0; i < 1000; i++)
            {
                progress.Update($"step {i}");
            }
        });
        Assert.That(text, Is.EqualTo("step 0\n"));
    }

    [Test]
    public void Quiet_Progress_KeepsWarningsOnly()
    {
        var text = Written(quiet: true, progress =>
        {
            progress.Say("loading");
            progress.Update("step 1");
            progress.Warn("odd");
        });
        Assert.That(text, Is.EqualTo("warning: odd\n"));
    }

    [Test]
    public async Task Table_NotATerminal_HasAlignedColumnsWithoutEscapes()
    {
        var call = await Call.Of("doctor");
        var lines = call.Output.Split('\n');
        Assert.That(lines[0], Does.StartWith("what "));
        Assert.That(call.Output, Does.Not.Contain("\u001b"));
        Assert.That(lines[1].IndexOf(CommandLine.Version, StringComparison.Ordinal), Is.EqualTo(lines[0].IndexOf("found", StringComparison.Ordinal)));
    }

    private static string Written(bool quiet, Action<Progress> use)
    {
        using var error = new StringWriter { NewLine = "\n" };
        using var terminal = new Terminal(TextReader.Null, TextWriter.Null, error, false, false);
        use(new Progress(terminal, quiet));
        return error.ToString();
    }
}
