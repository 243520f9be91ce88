using System.Text.Json.Nodes;
using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class WordPieceTrainingTests : IDisposable
{
    private static readonly TokenizerTraining Training = new() { Kind = "wordpiece", VocabularySize = 200, Lowercase = true };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Train_WordsByHand_HasSpecialTokensThenCharactersThenMerges()
    {
        var summary = Train(Training, "hug hug hug pug pug hugs Hug bun", "out");

        // Pairs: h+##u 4 and more (hugs: 5), ##u+##g 7 (the most), then h+##ug 5, p+##ug 2. b+##u, ##u+##n and hug+##s occur once.
        Assert.That(File.ReadAllLines(_folder["out/vocab.txt"]), Is.EqualTo(new[]
        {
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "b", "g", "h", "n", "p", "s", "u", "##g", "##n", "##s", "##u", "##ug", "hug", "pug",
        }));
        Assert.That(summary, Is.EqualTo(new TokenizerSummary("wordpiece", 19, 3, 32, 4) { Words = 8 }));
    }

    [Test]
    public void Train_ACorpus_MergesWhatCountingAnewEachTimeMerges()
    {
        Train(Training, Texts.Corpus, "out");
        var vocabulary = File.ReadAllLines(_folder["out/vocab.txt"]);
        Assert.That(vocabulary, Is.EqualTo(CountedAnew(Texts.Corpus)));
        Assert.That(vocabulary, Has.Length.GreaterThan(90));
    }

    [Test]
    public void Train_Result_IsReadFromBothFormsOfFilesAlike()
    {
        Train(Training, Texts.Corpus, "out");
        var whole = Tokenizer.Load(_folder["out"]);
        var old = _folder.Folder("old");
        foreach (var name in new[] { "vocab.txt", "tokenizer_config.json" })
        {
            File.Copy(_folder[$"out/{name}"], Path.Combine(old, name));
        }

        var bare = Tokenizer.Load(old);
        foreach (var text in Texts.Awkward.Append(Texts.Corpus))
        {
            Assert.That(bare.Encode(text).Ids, Is.EqualTo(whole.Encode(text).Ids));
            Assert.That(bare.Encode(text).Offsets, Is.EqualTo(whole.Encode(text).Offsets));
        }

        Assert.That((whole.PadId, whole.UnkId, whole.ClsId, whole.SepId, whole.MaskId), Is.EqualTo(((int?)0, (int?)1, (int?)2, (int?)3, (int?)4)));
        Assert.That(whole.Decode(whole.Encode("The CAT sat!").Ids), Is.EqualTo("the cat sat!"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void TokenizerJson_Trained_IsThatOfBert(bool lowercase)
    {
        Train(Training with { Lowercase = lowercase }, Texts.Corpus, "out");
        var root = JsonNode.Parse(File.ReadAllBytes(_folder["out/tokenizer.json"]))!;
        Assert.That(root["normalizer"]!.ToJsonString(), Is.EqualTo($"{{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":null,\"lowercase\":{(lowercase ? "true" : "false")}}}"));
        Assert.That(root["post_processor"]!["single"]!.ToJsonString(), Is.EqualTo("""[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}]"""));
        Assert.That(root["post_processor"]!["special_tokens"]!["[SEP]"]!.ToJsonString(), Is.EqualTo("""{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}"""));
        Assert.That(root["added_tokens"]!.AsArray().Select(token => (string?)token!["content"]), Is.EqualTo(WordPieceLearning.SpecialTokens));
        Assert.That(root["model"]!["vocab"]!.AsObject().Select(entry => (int)entry.Value!), Is.Ordered);
        var config = JsonNode.Parse(File.ReadAllBytes(_folder["out/tokenizer_config.json"]))!;
        Assert.That(((string?)config["mask_token"], (bool)config["do_lower_case"]!), Is.EqualTo(("[MASK]", lowercase)));
        Assert.That(Tokenizer.Load(_folder["out"]).Encode("Zwölf", addSpecial: false).Tokens, Is.EqualTo(new[] { lowercase ? "zwolf" : "Zwölf" }));
    }

    [Test]
    public void Train_OtherThreads_WritesTheSameBytes()
    {
        var random = new Random(3);
        var words = Enumerable.Range(0, 2000).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => (char)random.Next('a', 'h')))).ToArray();
        var text = string.Join(' ', Enumerable.Range(0, 700_000).Select(_ => words[random.Next(words.Length)]));
        Train(Training with { VocabularySize = 600 }, text, "one");
        Train(Training with { VocabularySize = 600, Threads = 3 }, text, "three");
        foreach (var name in new[] { "vocab.txt", "tokenizer.json", "tokenizer_config.json" })
        {
            Assert.That(File.ReadAllBytes(_folder[$"three/{name}"]), Is.EqualTo(File.ReadAllBytes(_folder[$"one/{name}"])), name);
        }
    }

    [Test]
    public void Train_MoreCharactersThanFit_KeepsTheMostFrequentAndLearnsNothingFromOtherWords()
    {
        Train(Training with { VocabularySize = 10 }, "aba aba aba zz 日", "out"); // z takes two ids, and there is room for one
        Assert.That(File.ReadAllLines(_folder["out/vocab.txt"]).Skip(5), Is.EqualTo(new[] { "a", "b", "##a", "##b", "ab" }));
    }

    [Test]
    public void Train_AWordOfMoreThanAHundredCharacters_TeachesNothing()
    {
        Train(Training, $"{new string('a', 101)} ab ab", "out");
        Assert.That(File.ReadAllLines(_folder["out/vocab.txt"]).Skip(5), Is.EqualTo(new[] { "a", "b", "##b", "ab" }));
    }

    [Test]
    public void Train_AMinimumFrequency_IsHeld()
    {
        Train(Training with { MinFrequency = 3 }, "ab ab ab cd cd", "out");
        Assert.That(File.ReadAllLines(_folder["out/vocab.txt"]).Skip(11), Is.EqualTo(new[] { "ab" }));
    }

    /// <summary>The definition, without any bookkeeping.</summary>
    private static List<string> CountedAnew(string text)
    {
        var lower = new BertNormalizer(true, true, true, true).Apply(text, out _);
        var words = new List<List<string>>();
        for (var (start, end) = BertWords.Next(lower, 0); start < lower.Length; (start, end) = BertWords.Next(lower, end))
        {
            words.Add([.. lower[start..end].EnumerateRunes().Select((rune, i) => (i == 0 ? "" : "##") + rune)]);
        }

        List<string> tokens = [.. WordPieceLearning.SpecialTokens, .. Characters(token => true, token => token.Replace("##", "")), .. Characters(token => token.StartsWith("##", StringComparison.Ordinal), token => token)];
        while (tokens.Count < Training.VocabularySize)
        {
            var best = words.SelectMany(word => word.Zip(word.Skip(1))).CountBy(pair => pair)
                .OrderByDescending(pair => pair.Value).ThenBy(pair => tokens.IndexOf(pair.Key.First)).ThenBy(pair => tokens.IndexOf(pair.Key.Second)).First();
            if (best.Value < 2)
            {
                break;
            }

            var merged = best.Key.First + best.Key.Second[2..];
            if (!tokens.Contains(merged))
            {
                tokens.Add(merged);
            }

            foreach (var word in words)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    if ((word[i], word[i + 1]) == best.Key)
                    {
                        word[i] = merged;
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }

        return tokens;

        IEnumerable<string> Characters(Func<string, bool> which, Func<string, string> form) =>
            words.SelectMany(word => word).Where(which).Select(form).Distinct().OrderBy(token => token.EnumerateRunes().Last()).ToList();
    }

    private TokenizerSummary Train(TokenizerTraining training, string text, string output) =>
        TokenizerTrainer.Train(training, [_folder.Write($"{output}.txt", text)], _folder.Folder(output));
}
