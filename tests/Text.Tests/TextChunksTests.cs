using System.Text;
using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TextChunksTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Read_MegabytesOfCharactersOfAllWidths_GivesTheTextInPiecesThatEndBeforeWhiteSpace()
    {
        var random = new Random(2);
        var text = string.Concat(Enumerable.Range(0, 600_000).Select(_ => new[] { "a", " ", "é", "日", "😀", "\n", "word " }[random.Next(7)]));
        var chunks = Read(text);
        Assert.That(string.Concat(chunks.Select(chunk => chunk.Text)), Is.EqualTo(text));
        Assert.That(chunks, Has.Count.GreaterThan(1));
        foreach (var (before, after) in chunks.Zip(chunks.Skip(1)))
        {
            Assert.That((char.IsWhiteSpace(before.Text[^1]), char.IsWhiteSpace(after.Text[0])), Is.EqualTo((false, true)));
        }

        Assert.That(chunks.Sum(chunk => chunk.Bytes), Is.EqualTo(Encoding.UTF8.GetByteCount(text)));
        Assert.That(chunks.Select(chunk => chunk.First), Is.EqualTo(chunks.Select((_, i) => i == 0)));
    }

    [Test]
    public void Read_OneGiganticLineWithoutWhiteSpace_IsCutBetweenCharacters()
    {
        var text = string.Concat(Enumerable.Repeat("x😀", 4 << 20));
        var chunks = Read(text);
        Assert.That(chunks, Has.Count.GreaterThan(1));
        Assert.That(string.Concat(chunks.Select(chunk => chunk.Text)), Is.EqualTo(text));
        Assert.That(chunks.Any(chunk => char.IsHighSurrogate(chunk.Text[^1])), Is.False);
        Assert.That(chunks.Max(chunk => chunk.Text.Length), Is.LessThan(8 << 20), "memory is bounded");
    }

    [Test]
    public void Read_AByteOrderMark_IsNoPartOfTheText()
    {
        Assert.That(Read("\uFEFFtext").Single().Text, Is.EqualTo("text"));
    }

    [Test]
    public void Read_SeveralFiles_KeepsThemApart()
    {
        var chunks = TextChunks.Read([_folder.Write("a", "one"), _folder.Write("b", "two")]).ToList();
        Assert.That(chunks.Select(chunk => (chunk.Text, chunk.File, chunk.First)), Is.EqualTo(new[] { ("one", 0, true), ("two", 1, true) }));
    }

    [TestCase(0, 1)]
    [TestCase(100, 11)]
    [TestCase(1_048_575, 104_858)]
    [TestCase(1_048_576, 104_858)]
    [TestCase(2_500_009, 250_001)]
    public void Read_AByteThatIsNoUtf8_IsNamedWithFileLineAndByte(int at, int line)
    {
        var bytes = Enumerable.Range(0, 3_000_000).Select(i => (byte)(i % 10 == 9 ? '\n' : 'a')).ToArray();
        bytes[at] = 0xC3;
        if (bytes[at + 1] != '\n')
        {
            bytes[at + 1] = (byte)'(';
        }

        var path = _folder.Write("bad.txt", bytes);
        Assert.That(() => TextChunks.Read([path]).Count(), Throws.TypeOf<TextException>()
            .With.Message.Contains(path).And.Message.Contains($"line {line},").And.Message.Contains($"byte offset {at} holds 0xC3"));
    }

    [Test]
    public void Read_ACharacterCutOffAtTheEnd_IsNamed()
    {
        var path = _folder.Write("bad.txt", [(byte)'\n', (byte)'a', 0xE6, 0x97]);
        Assert.That(() => TextChunks.Read([path]).Count(), Throws.TypeOf<TextException>().With.Message.Contains($"{path} ends within a character: line 2, byte offset 2"));
    }

    [Test]
    public void Read_Utf16_SaysSo()
    {
        var path = _folder.Write("bad.txt", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("text")).ToArray());
        Assert.That(() => TextChunks.Read([path]).Count(), Throws.TypeOf<TextException>().With.Message.Contains("UTF-16"));
    }

    [TestCase("")]
    [TestCase("\uFEFF")]
    public void Read_AnEmptyFile_IsAnError(string content)
    {
        var path = _folder.Write("empty.txt", content);
        Assert.That(() => TextChunks.Read([path]).Count(), Throws.TypeOf<TextException>().With.Message.Contains(path).And.Message.Contains("empty"));
    }

    [TestCase("\n")]
    [TestCase("\uFEFF\r\n \t\n")]
    public void Read_AFileOfWhiteSpaceOnly_IsNamed(string content)
    {
        var path = _folder.Write("blank.txt", content);
        Assert.That(() => TextChunks.Read([path]).Count(), Throws.TypeOf<TextException>().With.Message.Contains(path).And.Message.Contains("only white space"));
    }

    [Test]
    public void Read_WhiteSpaceOfMegabytesAndAWord_IsText()
    {
        Assert.That(Read(new string('\n', 5 << 20) + "word").Sum(chunk => chunk.Text.Length), Is.EqualTo((5 << 20) + 4));
    }

    [TestCase(0)]
    [TestCase(100)]
    [TestCase(1_048_576)]
    public void Read_ANul_IsNamedWithFileLineAndByte(int at)
    {
        var bytes = Enumerable.Range(0, 2_000_000).Select(i => (byte)(i % 10 == 9 ? '\n' : 'a')).ToArray();
        bytes[at] = 0;
        var path = _folder.Write("program.bin", bytes);
        Assert.That(() => TextChunks.Read([path]).Count(), Throws.TypeOf<TextException>().With.Message.Contains(path).And.Message.Contains($"line {at / 10 + 1}, byte offset {at} holds a NUL"));
    }

    private List<TextChunk> Read(string text) => [.. TextChunks.Read([_folder.Write("text.txt", text)])];
}
