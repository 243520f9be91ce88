using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TokenCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Tokenizer _tokenizer;

    public TokenCacheTests()
    {
        TokenizerTrainer.Train(new TokenizerTraining { Kind = "bpe", VocabularySize = 300 }, [_folder.Write("corpus.txt", Texts.Corpus)], _folder.Path);
        _tokenizer = Tokenizer.Load(_folder.Path);
    }

    public void Dispose() => _folder.Dispose();

    [TestCase(1)]
    [TestCase(3)]
    public void Open_SeveralFiles_HoldsTheirIdsWithEndOfTextBetween(int threads)
    {
        var texts = new[] { string.Concat(Enumerable.Repeat(Texts.Corpus, 12_000)), "The cat." };
        using var file = Open(threads, [.. texts.Select((text, i) => _folder.Write($"{i}.txt", text))]);
        long[] wanted = [.. texts.SelectMany((text, i) => (i == 0 ? [] : new[] { _tokenizer.EosId!.Value }).Concat(_tokenizer.Encode(text).Ids)).Select(id => (long)id)];
        Assert.That(Ids(file.Whole).AsSpan().SequenceEqual(wanted), Is.True);
        Assert.That(new FileInfo(file.Path).Length, Is.EqualTo(TokenFile.HeaderLength + (2 * file.Count)), "two bytes an id");
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Open_WithDocuments_PutsASeparatorBetweenThemAcrossPiecesOfTheText(int threads)
    {
        var random = new Random(2);
        var texts = Enumerable.Range(0, 20_000).Select(i => $"The cat {i} sat on the mat." + (i % 3 == 0 ? "\nIt was a hat." : "") + new string('x', random.Next(60))).ToArray();
        var files = new[] { _folder.Write("a.txt", string.Join("\n \r\n", texts[..15_000]) + "\n\n\n"), _folder.Write("b.txt", string.Join("\n\n", texts[15_000..])) };
        using var file = Open(threads, DocumentEnd.BlankLine, files);
        var documents = Documents.In(file, _tokenizer);
        Assert.That(documents.Count, Is.EqualTo(texts.Length), "several pieces of a mebibyte, two files, the end of one empty");
        foreach (var i in new[] { 0, 1, 7_777, 14_999, 15_000, 19_999 })
        {
            var ids = new long[documents.LengthOf(i)];
            documents.CopyTo(i, 0, ids);
            Assert.That(_tokenizer.Decode(ids.Select(id => (int)id)), Is.EqualTo(texts[i]));
        }

        using var stream = Open(threads, files);
        Assert.That(stream.Path, Is.Not.EqualTo(file.Path), "the same text in one stream is another file of ids");
    }

    [Test]
    public void Open_TheSameCorpusAgain_ReadsTheFileThatIsThere()
    {
        var text = _folder.Write("a.txt", Texts.Corpus);
        using (var first = Open(1, text))
        {
            File.SetLastWriteTimeUtc(first.Path, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        }

        File.Move(text, _folder["renamed.txt"]);
        using (var second = Open(1, _folder["renamed.txt"]))
        {
            Assert.That(File.GetLastWriteTimeUtc(second.Path).Year, Is.EqualTo(2020));
        }

        _folder.Write("renamed.txt", Texts.Corpus + "more");
        using var third = Open(1, _folder["renamed.txt"]);
        Assert.That(Directory.GetFiles(_folder["cache"], "*.tokens"), Has.Length.EqualTo(2), "changed text is another corpus");
    }

    [Test]
    public void Open_ADamagedFile_IsMadeAgain()
    {
        var text = _folder.Write("a.txt", Texts.Corpus);
        string path;
        long[] wanted;
        using (var first = Open(1, text))
        {
            (path, wanted) = (first.Path, Ids(first.Whole));
        }

        File.WriteAllBytes(path, File.ReadAllBytes(path)[..50]);
        using var again = Open(1, text);
        Assert.That(Ids(again.Whole), Is.EqualTo(wanted));
    }

    [Test]
    public void Open_TextThatIsNotUtf8_LeavesNothingInTheCache()
    {
        Assert.That(() => Open(1, _folder.Write("bad.txt", [(byte)'a', 0xFF])), Throws.TypeOf<TextException>().With.Message.Contains("bad.txt"));
        Assert.That(Directory.GetFiles(_folder["cache"]).Select(Path.GetExtension), Has.None.EqualTo(".tokens"));
    }

    [Test]
    public void Open_FromSeveralThreads_TokenizesOnce()
    {
        var text = _folder.Write("a.txt", string.Concat(Enumerable.Repeat(Texts.Corpus, 2000)));
        var counts = new long[4];
        Parallel.For(0, counts.Length, i =>
        {
            using var file = Open(1, text);
            counts[i] = file.Count;
        });
        Assert.That(counts.Distinct().Count(), Is.EqualTo(1));
        Assert.That(Directory.GetFiles(_folder["cache"], "*.tokens"), Has.Length.EqualTo(1));
    }

    [Test]
    public void SplitLast_AFraction_GivesTheEndOfTheTextRoundedUp()
    {
        using var file = Open(1, _folder.Write("a.txt", Texts.Corpus));
        var (first, last) = file.Whole.SplitLast(0.1);
        Assert.That(last.Length, Is.EqualTo((long)Math.Ceiling(file.Count * 0.1)));
        Assert.That(Ids(first).Concat(Ids(last)), Is.EqualTo(Ids(file.Whole)));
        Assert.That(() => first.CopyTo(first.Length - 1, new long[2]), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static long[] Ids(TokenPart part)
    {
        var ids = new long[part.Length];
        part.CopyTo(0, ids);
        return ids;
    }

    private TokenFile Open(int threads, params string[] files) => Open(threads, null, files);

    private TokenFile Open(int threads, DocumentEnd? documents, params string[] files) => TokenCache.Open(files, _tokenizer, _folder["cache"], documents, threads);
}
