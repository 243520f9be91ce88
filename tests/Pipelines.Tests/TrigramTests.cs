using NUnit.Framework;
using OnnxPipeline.Text;

namespace OnnxPipeline.Pipelines.Tests;

[TestFixture]
public sealed class TrigramTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<TokenFile> _open = [];
    private Tokenizer _tokenizer = null!;

    [OneTimeSetUp]
    public void MakeTokenizer()
    {
        TokenizerTrainer.Train(new TokenizerTraining { Kind = "char" }, [_folder.Write("letters", "abcde")], _folder.Path);
        _tokenizer = Tokenizer.Load(_folder.Path); // a b c d e <unk> <|endoftext|>
    }

    public void Dispose()
    {
        _open.ForEach(file => file.Dispose());
        _folder.Dispose();
    }

    [TestCase("abcabdabcabeaabbccddeeabcabcbabdcbea")]
    [TestCase("abab")]
    [TestCase("a")]
    public void Probability_OverTheVocabulary_SumsToOneAfterEveryContext(string text)
    {
        var trigram = Trigram.Learn(Tokens(text), _tokenizer.VocabularySize);
        long[] ids = [.. Enumerable.Range(0, _tokenizer.VocabularySize)];
        var contexts = ids.SelectMany(x => ids.Select(y => new[] { x, y })).Concat(ids.Select(y => new[] { y })).Append([]);
        foreach (var context in contexts)
        {
            Assert.That(ids.Sum(token => trigram.Probability(context, token)), Is.EqualTo(1).Within(1e-12), string.Join(' ', context));
            Assert.That(ids.Min(token => trigram.Probability(context, token)), Is.GreaterThan(0));
        }
    }

    [Test]
    public void Probability_OfASmallText_IsWhatTheFormulaGivesByHand()
    {
        // ababac: trigrams aba 2, bab 1, bac 1; before ba, ab, ac: a b; a; b. Tokens before a, b, c: 1 (b), 1 (a), 1 (a).
        var trigram = Trigram.Learn(Tokens("ababac"), _tokenizer.VocabularySize);
        var (a, b) = (Id("a"), Id("b"));

        // Trigrams: n1 2, n2 1, none three times: Y = 2 / 4; D1 = 1 − 2·Y·(1/2) = 1/2, D2 = Y. Bigrams ba 1 (a), ab 1 (b), ac 1 (b): no count of two, D = 1/2.
        var one = ((1 - 0.5) + (1.5 / 7)) / 3;
        var two = ((1 - 0.5) + (1.0 * one)) / 2; // after a: ab, ac
        var three = ((1 - 0.5) + (1.0 * two)) / 2; // after ba: bab, bac
        Assert.Multiple(() =>
        {
            Assert.That(trigram.Probability([], b), Is.EqualTo(one).Within(1e-12));
            Assert.That(trigram.Probability([a], b), Is.EqualTo(two).Within(1e-12));
            Assert.That(trigram.Probability([b, a], b), Is.EqualTo(three).Within(1e-12));
            Assert.That(trigram.Probability([a, a], b), Is.EqualTo(two).Within(1e-12), "a context never seen: the shorter one");
            Assert.That(trigram.Probability([a, b, a], b), Is.EqualTo(three).Within(1e-12), "the last two count");
        });
    }

    [Test]
    public void Perplexity_OfAText_IsTheExponentOfTheMeanOverItsTokens()
    {
        var trigram = Trigram.Learn(Tokens("abcabcabdabcabe"), _tokenizer.VocabularySize);
        var (a, b, d) = (Id("a"), Id("b"), Id("d"));
        var sum = Math.Log(trigram.Probability([], a)) + Math.Log(trigram.Probability([a], b)) + Math.Log(trigram.Probability([a, b], d));
        Assert.That(trigram.Perplexity(Tokens("abd")), Is.EqualTo(Math.Exp(-sum / 3)).Within(1e-12));
    }

    [Test]
    public void Perplexity_OfATextThatRepeats_IsFarBelowTheUnigrams()
    {
        var (training, validation) = (Tokens(string.Concat(Enumerable.Repeat("abcde", 500))), Tokens(string.Concat(Enumerable.Repeat("deabc", 50))));
        Assert.That(Trigram.Learn(training, _tokenizer.VocabularySize).Perplexity(validation), Is.LessThan(1.2));
        Assert.That(Unigram.Perplexity(training, validation, _tokenizer.VocabularySize), Is.GreaterThan(4.9));
    }

    private long Id(string token) => Tokens(token).Ids().Single();

    private TokenPart Tokens(string text)
    {
        _open.Add(TokenCache.Open([_folder.Write($"text-{_open.Count}", text)], _tokenizer, _folder["cache"]));
        return _open[^1].Whole;
    }
}
