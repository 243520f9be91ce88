using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
public sealed class IdTextTests
{
    [TestCase("1 2 3")]
    [TestCase("1,2, 3")]
    [TestCase(" [1, 2, 3] ")]
    public void Parse_EitherForm_GivesTheIds(string line) => Assert.That(IdText.Parse(line, "x"), Is.EqualTo(new[] { 1, 2, 3 }));

    [TestCase("")]
    [TestCase("[]")]
    public void Parse_Nothing_GivesNone(string line) => Assert.That(IdText.Parse(line, "x"), Is.Empty);

    [TestCase("1 two 3", "'two'")]
    [TestCase("-1", "'-1'")]
    [TestCase("99999999999", "'99999999999'")]
    [TestCase("[1, 2", "JSON")]
    [TestCase("[1.5]", "JSON")]
    public void Parse_AnythingElse_IsNamedWithItsPlace(string line, string named) =>
        Assert.That(() => IdText.Parse(line, "line 7"), Throws.TypeOf<TextException>().With.Message.StartsWith("line 7: ").And.Message.Contains(named));
}
