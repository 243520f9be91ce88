using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
public sealed class NormalizerTests
{
    [TestCaseSource(typeof(Texts), nameof(Texts.Awkward))]
    public void Normalizer_WithoutOrigins_GivesTheSameText(string text)
    {
        Assert.That(Lowercase.Of(text), Is.EqualTo(Lowercase.Of(text, out _)));
        var normalizer = new BertNormalizer(CleanText: true, HandleChineseChars: true, StripAccents: true, Lowercase: true);
        Assert.That(normalizer.Apply(text), Is.EqualTo(normalizer.Apply(text, out _)));
    }
}
