using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

/// <summary>BERT's tokenizers, on a vocabulary small enough to see through. What is expected is what Hugging Face's tokenizers give.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class WordPieceTests : IDisposable
{
    private static readonly string[] Tokens =
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "!", "'", ",", ".", "$", "a", "b", "c", "e", "i", "n", "s", "t", "hello", "world", "cafe", "un", "##aff", "##able", "##s", "##t",
        "##a", "##i", "##\u0307", "日", "本", "ᄒ", "##ᅡ", "##ᆫ", "do", "not", "it", "İ", "Café", "é", "##é", "𝔞", "##𝔟", "ß", "े", "क", "##ा", "\u2E4F",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestCase("hello, world!", "hello , world !", "0-5 5-6 7-12 12-13")]
    [TestCase("  Hello\t\n WORLD ", "hello world", "2-7 10-15")]
    [TestCase("unaffable unaffables", "un ##aff ##able un ##aff ##able ##s", "0-2 2-5 5-9 10-12 12-15 15-19 19-20")]
    [TestCase("unaffablex b", "[UNK] b", "0-10 11-12")]
    [TestCase("日本a", "日 本 a", "0-1 1-2 2-3")]
    [TestCase("Café CAFE\u0301", "cafe cafe", "0-4 5-9")]
    [TestCase("İt", "it", "0-2")]
    [TestCase("한 b", "ᄒ ##ᅡ ##ᆫ b", "0-1 0-1 0-1 2-3")]
    [TestCase("a$b.c", "a $ b . c", "0-1 1-2 2-3 3-4 4-5")]
    [TestCase("𝔞𝔟 a", "𝔞 ##𝔟 a", "0-1 1-2 3-4")]
    [TestCase("a\u0000b \uFFFDc\u200D", "[UNK] c", "0-3 5-6")]
    [TestCase("a\u00A0b\u3000c\u2028a", "a b c a", "0-1 2-3 4-5 6-7")]
    [TestCase("a\u000Bb", "[UNK]", "0-3")]
    [TestCase("[MASK] a[SEP]b", "[MASK] a [SEP] b", "0-6 7-8 8-13 13-14")]
    [TestCase("[mask]", "[UNK] [UNK] [UNK]", "0-1 1-5 5-6")]
    [TestCase("का के", "क ##ा क", "0-1 1-2 3-4")]
    [TestCase("a\u2E4Fb", "[UNK]", "0-3")]
    [TestCase("", "", "")]
    [TestCase("\u0301", "", "")]
    public void Encode_LowercaseText_IsAsHuggingFaceHasIt(string text, string tokens, string offsets)
    {
        Write("{\"do_lower_case\": true}");
        var encoded = Tokenizer.Load(_folder.Path).Encode(text, addSpecial: false);
        Assert.That(string.Join(' ', encoded.Tokens), Is.EqualTo(tokens));
        Assert.That(string.Join(' ', encoded.Offsets.Select(offset => $"{offset.Start}-{offset.End}")), Is.EqualTo(offsets));
    }

    [TestCase("""{"do_lower_case": false}""", "Café é", "Café é")]
    [TestCase("""{"do_lower_case": false}""", "Cafe\u0301 CAFE", "[UNK] [UNK]")]
    [TestCase("""{"do_lower_case": true, "strip_accents": false}""", "aé É İ", "a ##é é i ##\u0307")]
    [TestCase("""{"do_lower_case": false, "strip_accents": true}""", "é É", "e [UNK]")]
    [TestCase("""{"do_lower_case": true, "tokenize_chinese_chars": false}""", "日本", "[UNK]")]
    public void Encode_OtherSettings_AreFollowed(string config, string text, string tokens)
    {
        Write(config);
        Assert.That(string.Join(' ', Tokenizer.Load(_folder.Path).Encode(text, addSpecial: false).Tokens), Is.EqualTo(tokens));
    }

    [TestCase(100, 100)]
    [TestCase(101, 1)]
    public void Encode_AWordOfSoManyCharacters_IsUnknownBeyondAHundred(int length, int tokens)
    {
        Write("{}");
        Assert.That(Tokenizer.Load(_folder.Path).Encode("𝔞" + string.Concat(Enumerable.Repeat("𝔟", length - 1)), addSpecial: false).Ids, Has.Count.EqualTo(tokens));
    }

    [Test]
    public void Encode_AText_StandsBetweenClsAndSep()
    {
        Write("{}");
        var tokenizer = Tokenizer.Load(_folder.Path);
        var encoded = tokenizer.Encode("a b c", maxLength: 4);
        Assert.That(encoded.Tokens, Is.EqualTo(new[] { "[CLS]", "a", "b", "[SEP]" }));
        Assert.That(encoded.Offsets, Is.EqualTo(new[] { (0, 0), (0, 1), (2, 3), (0, 0) }));
        Assert.That(encoded.Overflow.Single().Select(tokenizer.Token), Is.EqualTo(new[] { "[CLS]", "c", "[SEP]" }));
    }

    [TestCase("hello world! it's a b , c.", "hello world! it ' s a b, c.")] // token by token: nothing is seen of " ' s" at once
    [TestCase("unaffables", "unaffables")]
    [TestCase("do not", "do not")]
    [TestCase("[MASK] a", "a")]
    public void Decode_OfTokens_JoinsPiecesAndCleansUp(string text, string decoded)
    {
        Write("{}");
        var tokenizer = Tokenizer.Load(_folder.Path);
        Assert.That(tokenizer.Decode(tokenizer.Encode(text).Ids), Is.EqualTo(decoded));
    }

    [Test]
    public void Tokenizer_OfBert_KnowsItsSpecialTokensAndWhatBeginsAWord()
    {
        Write("{}");
        var tokenizer = Tokenizer.Load(_folder.Path);
        Assert.That(tokenizer.Kind, Is.EqualTo("wordpiece"));
        Assert.That((tokenizer.PadId, tokenizer.UnkId, tokenizer.ClsId, tokenizer.SepId, tokenizer.MaskId, tokenizer.BosId), Is.EqualTo(((int?)0, (int?)1, (int?)2, (int?)3, (int?)4, (int?)null)));
        Assert.That(Enumerable.Range(0, Tokens.Length).Where(tokenizer.IsSpecial), Is.EqualTo(new[] { 0, 1, 2, 3, 4 }));
        Assert.That(Enumerable.Range(0, Tokens.Length).Where(id => !tokenizer.BeginsWord(id)).Select(id => Tokens[id]), Is.EqualTo(Tokens.Where(token => token.StartsWith("##", StringComparison.Ordinal))));
    }

    [Test]
    public void Encode_ManyThreads_GivesTheSameIds()
    {
        Write("{}");
        var tokenizer = Tokenizer.Load(_folder.Path);
        var wanted = tokenizer.Encode(Texts.Corpus).Ids;
        Parallel.For(0, 50, _ => Assert.That(tokenizer.Encode(Texts.Corpus).Ids, Is.EqualTo(wanted)));
    }

    [Test]
    public void Load_OtherNamesOfSpecialTokens_AreTakenFromTheConfiguration()
    {
        _folder.Write("vocab.txt", "<unk>\r\n<s>\r\n</s>\r\na\r\n");
        _folder.Write("tokenizer_config.json", """{"unk_token": "<unk>", "cls_token": {"content": "<s>"}, "sep_token": "</s>"}""");
        var tokenizer = Tokenizer.Load(_folder.Path);
        Assert.That(tokenizer.Encode("a z").Ids, Is.EqualTo(new[] { 1, 3, 0, 2 }));
        Assert.That((tokenizer.ClsId, tokenizer.MaskId), Is.EqualTo(((int?)1, (int?)null)));
    }

    [TestCase("a\nb\n", "[UNK]")]
    [TestCase("[UNK]\na\n", "[CLS]")]
    public void Load_AVocabularyWithoutItsTokens_NamesWhatIsMissing(string vocabulary, string named)
    {
        _folder.Write("vocab.txt", vocabulary);
        Assert.That(() => Tokenizer.Load(_folder.Path), Throws.TypeOf<TextException>().With.Message.Contains(named).And.Message.Contains("vocab.txt"));
    }

    private void Write(string config)
    {
        _folder.Write("vocab.txt", string.Join('\n', Tokens) + "\n");
        _folder.Write("tokenizer_config.json", config);
    }
}
