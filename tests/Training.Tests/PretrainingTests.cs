using NUnit.Framework;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class PretrainingTests
{
    private readonly string _root = Directory.CreateTempSubdirectory("pretraining").FullName;

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, true);

    [Test]
    public void Parts_AFileThatCameSinceTheStart_IsNotEvaluatedByTheRunThatGoesOn()
    {
        var (text, a, b) = (Write("text.txt"), Write("val/a.txt"), Path.Combine(_root, "val", "b.txt"));
        var config = Pretraining.Defaults with { Data = [text], Validation = Path.Combine(_root, "val", "*.txt") };
        var record = new RunRecord { Config = config, Data = [.. Parts(config, null).Select(RunRecord.DataFile.Of)] };
        Write("val/b.txt");

        Assert.That(Parts(config, record), Is.EqualTo(new[] { text, a }));
        Assert.That(Parts(config, null), Is.EqualTo(new[] { text, a, b }), "a new run");
        Assert.That(Parts(config with { Validation = "0.1" }, record with { Data = record.Data.Take(1).ToArray() }), Is.EqualTo(new[] { text }));
    }

    private static IReadOnlyList<string> Parts(RunConfig config, RunRecord? record) => Pretraining.Parts(config, record, _ => { }, _ => { }, default).Files;

    private string Write(string name)
    {
        var path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "text");
        return path;
    }
}
