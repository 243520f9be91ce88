using NUnit.Framework;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>A text and a configuration, what was pretrained of them and exported through the program, and room for further runs.</summary>
internal sealed class PretrainedRun : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("onnxpipe-pretrained-").FullName;

    public PretrainedRun(string text, string config)
    {
        File.WriteAllText(Text, text);
        File.WriteAllText(Config, config);
    }

    public string Text => this["text.txt"];

    public string Config => this["config.json"];

    public string Folder => this["run"];

    public string Export => this["export"];

    /// <summary>The path of a file or folder beside the others.</summary>
    public string this[string name] => Path.Combine(_root, name);

    public void Dispose() => Directory.Delete(_root, true);

    /// <summary>A call that pretrains on the text.</summary>
    public string[] Call(string run, params IEnumerable<string> flags) =>
        ["pretrain", "--config", Config, "--data", Text, "--validation", "0.1", "--threads", "1", .. flags, "--out", run];

    /// <summary>Makes <see cref="Folder"/> and <see cref="Export"/>.</summary>
    public void Make(params IEnumerable<string> flags)
    {
        Program.Ok(Call(Folder, flags));
        Program.Ok("export", "--run", Folder, "--out", Export);
    }

    /// <summary>Interrupts a run as soon as one of its files has so many lines.</summary>
    public static void Interrupt(string run, IEnumerable<string> call, string file, int lines)
    {
        var path = Path.Combine(run, file);
        var ending = Program.Interrupt(call, () => File.Exists(path) && File.ReadAllLines(path).Length >= lines);
        Assert.That(ending.Code, Is.EqualTo(130), ending.Error);
    }

    /// <summary>Rows of <c>metrics.csv</c>, the names of the columns first.</summary>
    public static List<string[]> Metrics(string run) => [.. File.ReadLines(Path.Combine(run, "metrics.csv")).Select(line => line.Split(','))];

    /// <summary>Interrupts a run that is as that of <see cref="Folder"/>, goes on with it, and compares what they end with.</summary>
    public void AssertResumes(params IEnumerable<string> flags)
    {
        var run = this["stopped"];
        Interrupt(run, Call(run, flags), "metrics.csv", lines: 11);
        Program.Ok("pretrain", "--resume", run);
        Assert.That(Last(run), Is.EqualTo(Last(Folder)));
        Assert.That(File.ReadAllLines(Path.Combine(run, "samples.jsonl")), Is.EqualTo(File.ReadAllLines(Path.Combine(Folder, "samples.jsonl"))));
    }

    private static string Last(string run) => Convert.ToHexString(File.ReadAllBytes(Path.Combine(run, "checkpoints", "last", "model.safetensors")));
}
