using System.CommandLine.Parsing;
using System.Text.Json;
using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Cli.Tests;

public sealed class CommandLineTests
{
    [TestCase("nonsense", "nonsense")]
    [TestCase("", "verb")]
    [TestCase("doctor --nonsense", "--nonsense")]
    [TestCase("doctor --seed many", "'many'")]
    [TestCase("doctor --seed", "--seed")]
    [TestCase("doctor --threads 0", "from 1 to")]
    [TestCase("doctor --device tpu", "cuda:N")]
    [TestCase("doctor --device cuda:x", "cuda:N")]
    [TestCase("doctor extra", "extra")]
    public async Task RunAsync_WrongUsage_Returns64AndNamesIt(string line, string named)
    {
        var call = await Call.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.That(call.Code, Is.EqualTo(64));
        Assert.That(call.Error, Does.StartWith("error: ").And.Contain(named));
        Assert.That(call.Output, Is.Empty);
    }

    [TestCaseSource(nameof(Paths))]
    public async Task RunAsync_HelpOfEveryVerb_ShowsAnExampleThatParses(string path)
    {
        var call = await Call.Of([.. path.Split(' '), "--help"]);
        Assert.That(call.Code, Is.Zero);
        var example = call.Output[call.Output.IndexOf("Example:\n", StringComparison.Ordinal)..].Split('\n')[1].Trim();
        Assert.That(example, Does.StartWith($"onnxpipe {path}"));
        var args = CommandLineParser.SplitCommandLine(example.Split(" < ")[0].Replace('\'', '"')).Skip(1);
        Assert.That(CommandLine.Complaint([.. args]), Is.Null);
    }

    [Test]
    public async Task RunAsync_VersionAfterAVerb_ShowsTheVersionOnly()
    {
        var call = await Call.Of("doctor", "--version");
        Assert.That(call.Output, Is.EqualTo($"onnxpipe {CommandLine.Version}\n"));
    }

    [Test]
    public async Task RunAsync_Json_WritesOneDocumentOnStandardOutput()
    {
        var call = await Call.Of("doctor", "--json");
        using var document = JsonDocument.Parse(call.Output);
        Assert.That(document.RootElement.GetProperty("version").GetString(), Is.EqualTo(CommandLine.Version));
    }

    [Test]
    public async Task RunAsync_Doctor_SaysWhatTheBuildCanAndCannotDo()
    {
        var call = await Call.Of("doctor", "--json");
        using var document = JsonDocument.Parse(call.Output);
        var root = document.RootElement;
        Assert.That(root.GetProperty("providers").EnumerateArray().Select(provider => provider.GetString()), Does.Contain("CPUExecutionProvider"));
        Assert.That(root.GetProperty("packages").GetProperty("System.CommandLine").GetString(), Does.StartWith("2."));
        string[] said = [.. new[] { "can", "cannot" }.SelectMany(key => root.GetProperty(key).EnumerateArray()).Select(what => what.GetString()!)];
        Assert.That(said, Has.One.Contains("TrainingSession").And.One.Contains("CUDA"));
        Assert.That(root.GetProperty("ort_runtime").GetString(), Is.EqualTo("Cpu").Or.EqualTo("Gpu").Or.EqualTo("Training"));
    }

    [Test]
    public void Report_EveryKindOfException_HasItsCodeAndOneLine()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Multiple(() =>
        {
            Assert.That(Reported(new FileFormatException("a.onnx: cut off.\nGet it again."), default), Is.EqualTo((1, "error: a.onnx: cut off. Get it again.\n")));
            Assert.That(Reported(new UsageException("--a and --b."), default), Is.EqualTo((64, "error: --a and --b.\n")));
            Assert.That(Reported(new OperationCanceledException(), cancelled.Token), Is.EqualTo((130, "interrupted\n")));
            Assert.That(Reported(new IOException("No space left on device."), default), Is.EqualTo((1, "error: No space left on device.\n")));
            Assert.That(Reported(new InvalidOperationException("x"), default).Error, Does.StartWith("error: ").And.Contain("bug"));
        });
    }

    [Test]
    public void Report_WithDebug_AddsTheStackTrace()
    {
        using var error = new StringWriter();
        using var terminal = new Terminal(TextReader.Null, TextWriter.Null, error, false, false);
        CommandLine.Report(Assert.Catch(() => throw new InvalidOperationException("x"))!, terminal, debug: true, default);
        Assert.That(error.ToString(), Does.Contain("   at "));
    }

    private static IEnumerable<string> Paths() => VerbTable.Paths;

    private static (int Code, string Error) Reported(Exception exception, CancellationToken cancellation)
    {
        using var error = new StringWriter { NewLine = "\n" };
        using var terminal = new Terminal(TextReader.Null, TextWriter.Null, error, false, false);
        return (CommandLine.Report(exception, terminal, debug: false, cancellation), error.ToString());
    }
}
