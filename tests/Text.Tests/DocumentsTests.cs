using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
public sealed class DocumentsTests
{
    [Test]
    public void In_DocumentsOfAllLengths_HoldsTheirIds()
    {
        var texts = MaskedCorpus.Random(3000, 90); // more ids than are read at a time
        using var corpus = new MaskedCorpus(texts);
        Assert.That(corpus.Documents.Tokens, Is.EqualTo(texts.Sum(text => text.Length)).And.GreaterThan(1 << 16));
        Assert.That(Enumerable.Range(0, corpus.Documents.Count).Select(i => Text(corpus, corpus.Documents, i)), Is.EqualTo(texts));
    }

    [Test]
    public void Split_AFraction_TakesWholeDocumentsBySeed()
    {
        var texts = MaskedCorpus.Random(400, 30).Select((text, i) => text + i).ToArray(); // no two the same
        using var corpus = new MaskedCorpus(texts);
        var (others, chosen) = corpus.Documents.Split(0.2, seed: 5);
        var (left, right) = (All(corpus, others), All(corpus, chosen));
        Assert.That(chosen.Tokens, Is.EqualTo(corpus.Documents.Tokens * 0.2).Within(34));
        Assert.That(left.Concat(right), Is.EquivalentTo(texts));
        Assert.That(right, Is.Not.EqualTo(All(corpus, corpus.Documents.Split(0.2, seed: 6).Chosen)));
        Assert.That(right, Is.EqualTo(All(corpus, corpus.Documents.Split(0.2, seed: 5).Chosen)));
        Assert.That(right, Is.EqualTo(texts.Where(right.ToHashSet().Contains)), "in the order of the text");
    }

    [TestCase(0.001)]
    [TestCase(0.999)]
    public void Split_AnExtremeFraction_LeavesADocumentOnEitherSide(double fraction)
    {
        using var corpus = new MaskedCorpus("a", "bb");
        var (others, chosen) = corpus.Documents.Split(fraction, 0);
        Assert.That((others.Count, chosen.Count), Is.EqualTo((1, 1)));
    }

    [Test]
    public void Split_OneDocument_SaysWhatToDo()
    {
        using var corpus = new MaskedCorpus("all in one");
        Assert.That(() => corpus.Documents.Split(0.1, 0), Throws.TypeOf<TextException>().With.Message.Contains("--documents").And.Message.Contains("--validation"));
    }

    [Test]
    public void Find_EveryPieceOfEveryEpoch_CoversTheDocumentsOnceAndIsNeitherEmptyNorTooLong()
    {
        var texts = MaskedCorpus.Random(60, 40).Append("x").ToArray();
        using var corpus = new MaskedCorpus(texts);
        foreach (var seed in new long?[] { null, 3 })
        {
            var pieces = new DocumentPieces(corpus.Documents, 7, seed);
            Assert.That(pieces.Count, Is.EqualTo(texts.Sum(text => (text.Length + 6) / 7)));
            var cuts = new HashSet<string>();
            for (var epoch = 0; epoch < 5; epoch++)
            {
                var all = Enumerable.Range(0, (int)pieces.Count).Select(i => pieces.Find(epoch, i)).ToList();
                Assert.That(all.Select(piece => piece.Length), Is.All.InRange(1, 7));
                var joined = all.GroupBy(piece => piece.Document).Select(group => string.Concat(group.Select(piece => texts[piece.Document].Substring((int)piece.Start, piece.Length))));
                Assert.That(joined, Is.EqualTo(texts));
                cuts.Add(string.Join(' ', all.Select(piece => piece.Start)));
            }

            Assert.That(cuts, Has.Count.EqualTo(seed is null ? 1 : 5));
        }
    }

    private static string[] All(MaskedCorpus corpus, Documents documents) => [.. Enumerable.Range(0, documents.Count).Select(i => Text(corpus, documents, i))];

    private static string Text(MaskedCorpus corpus, Documents documents, int document)
    {
        var ids = new long[documents.LengthOf(document)];
        documents.CopyTo(document, 0, ids);
        return corpus.Decode(ids);
    }
}
