using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RunConfigFileTests : IDisposable
{
    private static readonly string[] Keys = ["lr", "betas", "group", "no-shuffle", "min-lr"];

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Test]
    public void Read_ScalarsAndLists_KeepsTextAndLine()
    {
        var entries = Read("# a comment\nverb: train\nlr: 5e-4\nbetas: [0.9, 0.99]\ngroup:\n  - '*.bias: lr=1'\n  - \"a: frozen\"\nno-shuffle: true\nmin-lr:\n");

        Assert.That(entries.Select(e => $"{e.Line} {e.Key} = {string.Join(" | ", e.Values)}"),
            Is.EqualTo(new[] { "3 lr = 5e-4", "4 betas = 0.9 | 0.99", "5 group = *.bias: lr=1 | a: frozen", "8 no-shuffle = true" }));
    }

    [Test]
    public void Read_Json_IsYamlToo() => Assert.That(Read("""{ "verb": "train", "lr": 0.1, "group": [] }""").Single().Values, Is.EqualTo(new[] { "0.1" }));

    [TestCase("lr: 1\nmin_lr: 2\n", "line 2: there is no key 'min_lr'; the closest is 'min-lr'", 64)]
    [TestCase("verb: pretrain\n", "line 1: it is for the verb 'pretrain', not for 'train'", 64)]
    [TestCase("lr: {a: 1}\n", "line 1: 'lr' has parts with parts", 1)]
    [TestCase("lr: 1\nlr: 2\n", "line 2", 1)]
    [TestCase("lr: [1\n", "line ", 1)]
    [TestCase("- lr\n", "no mapping", 1)]
    [TestCase("", "no mapping", 1)]
    public void Read_WhatIsWrong_IsToldWithItsLine(string text, string message, int code) =>
        Assert.That(() => Read(text), Throws.InstanceOf<PipelineException>().With.Message.Contains(message).And.Message.Contains(_path).And.Property("ExitCode").EqualTo(code));

    private IReadOnlyList<RunConfigFile.Entry> Read(string text)
    {
        File.WriteAllText(_path, text);
        return RunConfigFile.Read(_path, "train", Keys);
    }
}
