using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
public sealed class DocumentTextTests
{
    [TestCase(DocumentEnd.File, "a\n\nb\n", "a\n\nb\n")]
    [TestCase(DocumentEnd.BlankLine, "a\nb\n\nc", "a\nb|c")]
    [TestCase(DocumentEnd.BlankLine, "a\r\n \t\r\nb  c\n \n \n", "a|b  c|")]
    [TestCase(DocumentEnd.BlankLine, "\n\na", "|a")]
    [TestCase(DocumentEnd.Line, "a b\nc\r\n\nd", "a b|c|d")]
    [TestCase(DocumentEnd.Line, "a\u2003b", "a\u2003b")]
    [TestCase(DocumentEnd.Line, "", "")]
    public void Split_EveryEnd_GivesThePartsBetween(DocumentEnd end, string text, string parts)
    {
        Assert.That(string.Join('|', DocumentText.Split(text, end)), Is.EqualTo(parts));
    }
}
