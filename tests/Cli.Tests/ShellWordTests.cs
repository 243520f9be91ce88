using NUnit.Framework;

namespace OnnxPipeline.Cli.Tests;

[Platform(Exclude = "Win")]
public sealed class ShellWordTests
{
    [TestCase("/tmp/run-1/model.onnx", "/tmp/run-1/model.onnx")]
    [TestCase("/tmp/ü", "/tmp/ü")]
    [TestCase("/tmp/my run", "'/tmp/my run'")]
    [TestCase("/tmp/$HOME", "'/tmp/$HOME'")]
    [TestCase("/tmp/it's", @"'/tmp/it'\''s'")]
    public void Of_APath_IsQuotedWhereItHasTo(string path, string word) => Assert.That(ShellWord.Of(path), Is.EqualTo(word));
}
