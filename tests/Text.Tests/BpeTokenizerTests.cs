using System.Text;
using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

/// <summary>Byte-level BPE, trained here and read back from its files.</summary>
[TestFixture]
public sealed class BpeTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private Tokenizer _tokenizer = null!;

    [OneTimeSetUp]
    public void Train()
    {
        TokenizerTrainer.Train(new TokenizerTraining { Kind = "bpe", VocabularySize = 300 }, [_folder.Write("corpus.txt", Texts.Corpus)], _folder.Path);
        _tokenizer = Tokenizer.Load(_folder.Path);
    }

    public void Dispose() => _folder.Dispose();

    [TestCaseSource(typeof(Texts), nameof(Texts.Awkward))]
    public void Decode_OfEncode_IsTheText(string text)
    {
        Assert.That(_tokenizer.Decode(_tokenizer.Encode(text).Ids), Is.EqualTo(text));
    }

    [TestCaseSource(typeof(Texts), nameof(Texts.Awkward))]
    public void Encode_OfAnyText_CoversItWithOffsetsInCodePoints(string text)
    {
        var encoded = _tokenizer.Encode(text);
        var runes = text.EnumerateRunes().ToArray();

        Assert.That(encoded.Tokens, Has.Count.EqualTo(encoded.Ids.Count));
        Assert.That(encoded.Offsets.Select(offset => offset.Start), Is.Ordered);
        foreach (var (token, (start, end)) in encoded.Tokens.Zip(encoded.Offsets))
        {
            var bytes = token.Select(c => (byte)ByteAlphabet.ByteOf(c)).ToArray();
            var covered = Encoding.UTF8.GetBytes(string.Concat(runes[start..end].Select(rune => rune.ToString())));
            Assert.That(covered.AsSpan().IndexOf(bytes), Is.GreaterThanOrEqualTo(0), $"{token} at {start}..{end}");
        }

        var seen = encoded.Offsets.SelectMany(offset => Enumerable.Range(offset.Start, offset.End - offset.Start)).Distinct();
        Assert.That(seen, Is.EquivalentTo(Enumerable.Range(0, runes.Length)), "no character is left out");
    }

    [Test]
    public void Encode_ACharacterOfFourBytes_GivesEveryByteTheWholeOfIt()
    {
        var encoded = _tokenizer.Encode("a\U000118A0b");
        Assert.That(encoded.Offsets, Is.EqualTo(new[] { (0, 1), (1, 2), (1, 2), (1, 2), (1, 2), (2, 3) }));
    }

    [Test]
    public void Encode_LoneSurrogates_AreReplaced()
    {
        Assert.That(_tokenizer.Decode(_tokenizer.Encode("a\uD800b\uDC00").Ids), Is.EqualTo("a\uFFFDb\uFFFD"));
    }

    [Test]
    public void Encode_EndOfTextInAText_IsOneSpecialTokenThatDecodeLeavesOut()
    {
        var encoded = _tokenizer.Encode("the cat<|endoftext|>the mat");
        Assert.That(encoded.Ids.Count(id => id == _tokenizer.EosId), Is.EqualTo(1));
        Assert.That(encoded.Offsets[encoded.Tokens.ToList().IndexOf("<|endoftext|>")], Is.EqualTo((7, 20)));
        Assert.That(_tokenizer.Decode(encoded.Ids), Is.EqualTo("the catthe mat"));
        Assert.That(_tokenizer.Decode(encoded.Ids, keepSpecial: true), Is.EqualTo("the cat<|endoftext|>the mat"));
    }

    [Test]
    public void Encode_MaxLength_SendsTheRestToOverflowInPiecesOfThatLength()
    {
        var whole = _tokenizer.Encode("The cat sat on the mat.").Ids;
        var cut = _tokenizer.Encode("The cat sat on the mat.", maxLength: 3);
        Assert.That(cut.Ids, Is.EqualTo(whole.Take(3)));
        Assert.That(cut.Overflow.Select(piece => piece.Count), Has.All.AtMost(3));
        Assert.That(cut.Ids.Concat(cut.Overflow.SelectMany(piece => piece)), Is.EqualTo(whole));
    }

    [Test]
    public void Encode_AMegabyteWithoutASpace_IsAsTheMergesOfShortWordsHaveIt()
    {
        var word = string.Concat(Enumerable.Repeat("thecatsatonthematüber", 50_000));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var ids = _tokenizer.Encode(word).Ids;
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
        Assert.That(_tokenizer.Decode(ids), Is.EqualTo(word));

        // Far enough from the cut, a piece of 210 characters (merged by the library) has the same tokens.
        var piece = _tokenizer.Encode(word[..210]).Ids;
        Assert.That(ids.Take(piece.Count - 10), Is.EqualTo(piece.Take(piece.Count - 10)));
    }

    [Test]
    public void Decode_PartsOfACharacter_BecomeReplacementCharacters()
    {
        Assert.That(_tokenizer.Decode(_tokenizer.Encode("\U000118A0").Ids.Take(3)), Is.EqualTo("\uFFFD"));
    }

    [Test]
    public void Decode_AnIdBeyondTheVocabulary_NamesIt()
    {
        Assert.That(() => _tokenizer.Decode([_tokenizer.VocabularySize]), Throws.TypeOf<TextException>().With.Message.Contains($"{_tokenizer.VocabularySize}"));
    }

    [Test]
    public void Encode_FromManyThreads_GivesTheSameIds()
    {
        var wanted = _tokenizer.Encode(Texts.Corpus).Ids;
        Parallel.For(0, 50, _ => Assert.That(_tokenizer.Encode(Texts.Corpus).Ids, Is.EqualTo(wanted)));
    }

    [Test]
    public void Tokenizer_Trained_BeginsAndEndsTextsWithEndOfText()
    {
        Assert.That(_tokenizer.Kind, Is.EqualTo("bpe"));
        Assert.That(_tokenizer.VocabularySize, Is.EqualTo(300));
        Assert.That(_tokenizer.Token(299), Is.EqualTo("<|endoftext|>"));
        Assert.That((_tokenizer.BosId, _tokenizer.EosId, _tokenizer.UnkId, _tokenizer.PadId), Is.EqualTo(((int?)299, (int?)299, (int?)null, (int?)null)));
    }

    [TestCase("Ġthe", true)]
    [TestCase(".", true)]
    [TestCase("a", false)]
    [TestCase("Ã", false)]
    public void BeginsWord_OfAToken_IsWhetherItBeginsWithNeitherLetterNorDigit(string token, bool begins)
    {
        Assert.That(_tokenizer.BeginsWord(_tokenizer.Id(token)!.Value), Is.EqualTo(begins));
    }

    [Test]
    public void IsSpecial_OfIds_HoldsForEndOfTextAlone()
    {
        Assert.That(Enumerable.Range(-1, 302).Where(_tokenizer.IsSpecial), Is.EqualTo(new[] { 299 }));
        Assert.That((_tokenizer.ClsId, _tokenizer.SepId, _tokenizer.MaskId), Is.EqualTo(((int?)null, (int?)null, (int?)null)));
    }
}
