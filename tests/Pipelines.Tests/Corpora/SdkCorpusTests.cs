using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Pipelines.Corpora;

namespace OnnxPipeline.Pipelines.Tests.Corpora;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SdkCorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Write_Members_BecomeAParagraphEachWithReferencesAsNames()
    {
        Write("""
            <member name="T:A.List`1"><summary>A list of <see cref="T:System.Int32" /> values.
               It   grows.</summary></member>
            <member name="M:A.List`1.Add(`0)"><summary>Adds <paramref name="item" /> as <see cref="M:A.Sink.Add(System.Object)" /> does.</summary>
              <param name="item">What is to be added.</param><returns><see langword="true" /> if it was new &amp; added.</returns>
              <example>For example: <code>list.Add(1);</code></example></member>
            """, validation: 0);
        Assert.That(Train, Is.EqualTo("""
            A list of Int32 values.
            Adds item as Sink.Add does. What is to be added. true if it was new & added.

            """.ReplaceLineEndings("\n") + "\n"));
    }

    [Test]
    public void Write_ASentenceThatCameBefore_IsLeftOut()
    {
        var summary = Write("""
            <member name="M:A.B.C(System.Int32)"><summary>Does it at once. Then it waits for you.</summary></member>
            <member name="M:A.B.C(System.String)"><summary>Does it at once. Never waits for you. No more.</summary><remarks>int8x8_t vld1_s8 (int8_t * p)</remarks></member>
            <member name="M:X.Y.Z"><summary>Does it at once.</summary></member>
            """, validation: 0);
        Assert.That(Train, Is.EqualTo("Does it at once. Then it waits for you.\nNever waits for you.\n\n"));
        Assert.That((summary.Members, summary.Types, summary.Sentences), Is.EqualTo((3, 1, 3)));
    }

    [Test]
    public void Write_Validation_TakesWholeTypesAndAlwaysTheSame()
    {
        var members = string.Concat(Enumerable.Range(0, 400).Select(i => $"""<member name="M:N.T{i % 100}.M{i}"><summary>Of type {i % 100} the number {i}.</summary></member>"""));
        Write(members, validation: 0.2);
        var (train, held) = (Types(Train), Types(Held));
        Assert.That(held, Has.Count.InRange(10, 32));
        Assert.That(train.Intersect(held), Is.Empty);
        Assert.That(train.Count + held.Count, Is.EqualTo(100));
        Write(members.Replace("N.T7.", "N.Other."), validation: 0.2);
        Assert.That(Types(Held).Except(held).ToList(), Has.Count.AtMost(1), "only what was renamed may move");

        static HashSet<string> Types(string text) => [.. text.Split('\n').Where(line => line.Length > 0).Select(line => line.Split(' ')[2])];
    }

    [TestCase("T:System.Text.Rune", "System.Text.Rune")]
    [TestCase("M:System.Text.Rune.TryEncode(System.Span{System.Char},System.Int32@)", "System.Text.Rune")]
    [TestCase("M:System.Int32.System#IConvertible#ToByte(System.IFormatProvider)", "System.Int32")]
    [TestCase("M:System.Half.op_Explicit(System.Half)~System.Int32", "System.Half")]
    [TestCase("M:System.Action`1.#ctor(System.Object)", "System.Action`1")]
    [TestCase("N:System", null)]
    [TestCase("!", null)]
    public void TypeOf_NamesOfMembers_IsTheirType(string member, string? type) => Assert.That(DocumentationReader.TypeOf(member), Is.EqualTo(type));

    [Test]
    public void Of_Abbreviations_EndNoSentence()
    {
        Assert.That(Sentences.Of("Some, e.g. Int32 or 3.5 of them. Why? Because. so"), Is.EqualTo(new[] { "Some, e.g. Int32 or 3.5 of them.", "Why?", "Because. so" }));
    }

    [Test]
    public void Write_WhatIsNoXml_IsNamed()
    {
        var path = _folder.Write("bad.xml", "<doc><members><member name='T:A'><summary>cut");
        Assert.That(() => SdkCorpus.Write([path], _folder.Path), Throws.TypeOf<FileFormatException>().With.Message.Contains("bad.xml"));
    }

    [Test]
    public void Find_SeveralVersions_TakesTheNewestThatHasDocumentation()
    {
        foreach (var version in new[] { "9.0.1", "10.0.2", "10.0.10" })
        {
            _folder.Write($"packs/Microsoft.NETCore.App.Ref/{version}/ref/net10.0/A.xml", "");
        }

        Directory.CreateDirectory(_folder["packs/Microsoft.NETCore.App.Ref/11.0.0/ref"]);
        Assert.That(SdkDocumentation.Find([_folder["missing"], _folder.Path]).Single(), Does.Contain("10.0.10"));
        Assert.That(SdkDocumentation.Find([_folder["missing"]]), Is.Empty);
    }

    [Test]
    public void Write_TheSdkOfThisMachine_GivesMegabytesOfEnglish()
    {
        var files = SdkDocumentation.Find();
        Assume.That(files, Is.Not.Empty, "no SDK documentation here");
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var summary = SdkCorpus.Write(files, _folder.Path);
        TestContext.Out.WriteLine($"{summary} in {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.That(summary.Members, Is.GreaterThan(40_000));
        Assert.That(summary.TrainingBytes, Is.GreaterThan(4_000_000));
        Assert.That(summary.ValidationBytes, Is.InRange(summary.TrainingBytes / 50, summary.TrainingBytes / 8));
    }

    private string Train => File.ReadAllText(_folder[SdkCorpus.TrainingFile]);

    private string Held => File.ReadAllText(_folder[SdkCorpus.ValidationFile]);

    private CorpusSummary Write(string members, double validation) =>
        SdkCorpus.Write([_folder.Write("a.xml", $"<doc><members>{members}</members></doc>")], _folder.Path, validation);
}
