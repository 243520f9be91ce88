using System.CommandLine;
using NUnit.Framework;

namespace OnnxPipeline.Cli.Tests;

public sealed class FlagsTests
{
    [TestCase("1e-3", 0.001)]
    [TestCase("-2.5", -2.5)]
    public void Number_AnyNotation_Parses(string text, double wanted) => Assert.That(Parse(Flags.Number("--x", ""), text), Is.EqualTo(wanted));

    [TestCase("NaN")]
    [TestCase("1,5")]
    [TestCase("")]
    public void Number_Other_IsRefusedNamingTheFlag(string text) =>
        Assert.That(() => Parse(Flags.Number("--x", ""), text), Throws.ArgumentException.With.Message.StartsWith("--x: '"));

    [Test]
    public void Count_NegativeValueWhereAllowed_Parses() => Assert.That(Parse(Flags.Count("--x", "", long.MinValue), "-100"), Is.EqualTo(-100));

    [Test]
    public void Pair_TwoNumbers_Parses() => Assert.That(Parse(Flags.Pair("--x", ""), "0.9,0.999"), Is.EqualTo((0.9, 0.999)));

    [Test]
    public void Pair_OneNumber_IsRefused() => Assert.That(() => Parse(Flags.Pair("--x", ""), "0.9"), Throws.ArgumentException);

    [TestCase("0:8", 0, 8L)]
    [TestCase("3:", 3, null)]
    [TestCase(":3", 0, 3L)]
    public void Rows_Bounds_Parse(string text, long first, long? end) => Assert.That(Parse(Flags.Rows("--x", ""), text), Is.EqualTo((first, end)));

    [TestCase("8:8")]
    [TestCase("8")]
    [TestCase("-1:4")]
    public void Rows_EmptyOrMalformed_IsRefused(string text) => Assert.That(() => Parse(Flags.Rows("--x", ""), text), Throws.ArgumentException);

    [Test]
    public void Choice_UnknownWord_NamesTheChoices() =>
        Assert.That(() => Parse(Flags.Choice("--x", "", "a", "b"), "c"), Throws.ArgumentException.With.Message.Contains("one of a, b"));

    [Test]
    public void Text_Empty_IsRefusedNamingTheFlag() =>
        Assert.That(() => Parse(Flags.Text("--x", "PATH", ""), ""), Throws.ArgumentException.With.Message.EqualTo("--x: '' is not a PATH: it is empty."));

    [Test]
    public void Many_SeveralAndRepeated_GivesAllInOrder() => Assert.That(Parse(Flags.Many("--x", "GLOB", ""), "a", "b", "--x", "c"), Is.EqualTo(new[] { "a", "b", "c" }));

    [Test]
    public void Count_NotGiven_IsNull() => Assert.That(new Command("test") { Flags.Count("--x", "") }.Parse([]).GetValue<long?>("--x"), Is.Null);

    private static T? Parse<T>(Option<T> option, params string[] values)
    {
        var parse = new Command("test") { option }.Parse([option.Name, .. values]);
        return parse.Errors is [var error, ..] ? throw new ArgumentException(error.Message) : parse.GetValue(option);
    }
}
