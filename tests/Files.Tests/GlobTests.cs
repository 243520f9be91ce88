using NUnit.Framework;

namespace OnnxPipeline.Files.Tests;

public sealed class GlobTests
{
    [TestCase("*", "", true)]
    [TestCase("*", "a/b.c", true)]
    [TestCase("fc?.bias", "fc1.bias", true)]
    [TestCase("fc?.bias", "fc12.bias", false)]
    [TestCase("fc1", "fc1.bias", false)]
    [TestCase("bias", "fc1.bias", false)]
    [TestCase("*.bias", "fc1.bias", true)]
    [TestCase("a*b*c", "a/x.b.b/c", true)]
    [TestCase("a*b*c", "acb", false)]
    [TestCase("[ab]", "a", false)]
    [TestCase("[ab]", "[ab]", true)]
    [TestCase("a.c", "abc", false)]
    [TestCase("", "", true)]
    [TestCase("", "a", false)]
    [TestCase("A", "a", false)]
    public void IsMatch_PatternAndName_AnchoredWithTwoSpecialCharacters(string pattern, string name, bool expected) =>
        Assert.That(Glob.IsMatch(pattern, name), Is.EqualTo(expected));

    [TestCase("a*.txt", "", true)]
    [TestCase("a*.txt", "ab/", true)]
    [TestCase("a*.txt", "b/", false)]
    [TestCase("a?/c", "ab/", true)]
    [TestCase("a?/c", "ab/d", false)]
    [TestCase("a/*.txt", "a/b.txt/c/", true)]
    [TestCase("**b", "x", true)]
    [TestCase("ab", "ab", true)]
    [TestCase("ab", "abc", false)]
    public void MatchesSomeAfter_PatternAndBeginning_SaysWhetherAnyNameIsLeft(string pattern, string start, bool expected) =>
        Assert.That(Glob.MatchesSomeAfter(pattern, start), Is.EqualTo(expected));

    [Test]
    public void IsMatch_ManyStars_EndsSoon() =>
        Assert.That(Glob.IsMatch(string.Concat(Enumerable.Repeat("a*", 200)) + "b", new string('a', 20_000)), Is.False);

    [Test]
    public void Closest_MisspeltName_ComesFirst() =>
        Assert.That(Glob.Closest("fc2.wieght", ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]), Is.EqualTo(new[] { "fc2.weight", "fc1.weight", "fc2.bias" }));

    [Test]
    public void Select_SeveralPatterns_KeepsTheOrderOfNames() =>
        Assert.That(NamePatterns.Select("--trainable", ["c*", "a"], ["a", "b", "c1", "c2"]), Is.EqualTo(new[] { "a", "c1", "c2" }));

    [Test]
    public void Select_PatternWithoutMatch_NamesFlagPatternAndThreeClosest()
    {
        var error = Assert.Throws<NamePatternException>(() => NamePatterns.Select("--frozen", ["*", "c1.bias"], ["fc1.bias", "fc2.bias", "fc1.weight", "embedding"]));
        Assert.That(error!.Message, Does.Contain("--frozen 'c1.bias'").And.Contain("fc1.bias, fc2.bias, fc1.weight").And.Not.Contain("embedding"));
        Assert.That(error.ExitCode, Is.EqualTo(1));
    }
}
