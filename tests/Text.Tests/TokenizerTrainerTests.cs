using System.Text;
using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TokenizerTrainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Train_Bpe_MergesWhatCountingAnewEachTimeMerges()
    {
        Train(new TokenizerTraining { Kind = "bpe", VocabularySize = 340 }, Texts.Corpus, "out");

        var merges = File.ReadAllLines(_folder["out/merges.txt"]).Skip(1).ToArray();
        Assert.That(merges, Is.EqualTo(CountedAnew(Texts.Corpus, 340 - 257)));
        Assert.That(merges, Has.Length.GreaterThan(40));
    }

    [Test]
    public void Train_OtherThreadsAndOrderOfWords_WritesTheSameBytes()
    {
        var random = new Random(1);
        var words = Enumerable.Range(0, 200).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => (char)random.Next('a', 'h')))).ToArray();
        var text = string.Join(' ', Enumerable.Range(0, 400_000).Select(_ => words[random.Next(words.Length)]));
        var training = new TokenizerTraining { Kind = "bpe", VocabularySize = 500 };
        Train(training, text, "one");
        Train(training with { Threads = 3 }, text, "three");
        Train(training, string.Join(' ', text.Split(' ').Reverse()), "reversed");

        foreach (var name in new[] { "vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json" })
        {
            Assert.That(File.ReadAllBytes(_folder[$"three/{name}"]), Is.EqualTo(File.ReadAllBytes(_folder[$"one/{name}"])), name);
        }

        // The first word of the text has no space before it, the last one has: only that word's count differs.
        Assert.That(File.ReadLines(_folder["reversed/merges.txt"]).Take(50), Is.EqualTo(File.ReadLines(_folder["one/merges.txt"]).Take(50)));
    }

    [TestCase("bpe")]
    [TestCase("wordpiece")]
    public void Train_MoreWordsThanAreHeld_LeavesOutTheSameWhateverTheThreads(string kind)
    {
        var random = new Random(6);
        var common = Enumerable.Range(0, 50).Select(_ => Word(random)).ToArray();
        var files = Enumerable.Range(0, 14).Select(i => _folder.Write($"{i}.txt", string.Join(' ', Enumerable.Range(0, 800).Select(_ => random.Next(2) == 0 ? common[random.Next(50)] : Word(random))))).ToList();
        var training = new TokenizerTraining { Kind = kind, VocabularySize = 500, Limits = new TrainingLimits { Words = 1500, WordBytes = 9000, StretchCharacters = 20_000 } };
        var summary = TokenizerTrainer.Train(training, files, _folder.Folder("1"));
        Assert.That(summary.DistinctWords, Is.InRange(50, 1500));
        Assert.That(summary.LeftOutWords, Is.InRange(3000, 5500), "half of 11,200 words are of no repeated kind");
        Assert.That(summary.Words, Is.EqualTo(14 * 800));

        for (var threads = 2; threads < 6; threads++)
        {
            Assert.That(TokenizerTrainer.Train(training with { Threads = threads }, files, _folder.Folder($"{threads}")), Is.EqualTo(summary));
            Assert.That(File.ReadAllBytes(_folder[$"{threads}/tokenizer.json"]), Is.EqualTo(File.ReadAllBytes(_folder["1/tokenizer.json"])));
        }

        var tokenizer = Tokenizer.Load(_folder["1"]);
        Assert.That(common.Average(word => tokenizer.Encode($" {word}", addSpecial: false).Ids.Count), Is.LessThan(2), "what is frequent stays");

        static string Word(Random random) => string.Concat(Enumerable.Range(0, random.Next(3, 9)).Select(_ => (char)random.Next('a', 'z' + 1)));
    }

    [TestCase("bpe", 20_000 - (2 * 16 * 256))] // of a word the first 16 pieces of 256 characters are counted
    [TestCase("wordpiece", 20_000)]
    public void Train_WordsTooLongToBeLanguage_TellsHowMuchOfTheTextTheyAre(string kind, int bytes)
    {
        var training = new TokenizerTraining { Kind = kind, VocabularySize = 300 };

        Assert.That(Train(training, $"{Texts.Corpus}\n{string.Concat(Enumerable.Repeat("é", 10_000))}\n", "long").PassedOverBytes, Is.EqualTo(bytes));
        Assert.That(Train(training, Texts.Corpus, "short").PassedOverBytes, Is.Zero);
    }

    [Test]
    public void Train_MoreIdsThanTheTextOffers_StopsWhereNoPairOccursTwice()
    {
        var summary = Train(new TokenizerTraining { Kind = "bpe", VocabularySize = 5000 }, "ab ab cd", "out");
        Assert.That(summary.VocabularySize, Is.EqualTo(258), "a b is the only pair that occurs twice");
        Assert.That(Train(new TokenizerTraining { Kind = "bpe", VocabularySize = 5000, MinFrequency = 1 }, "ab ab cd", "all").VocabularySize, Is.EqualTo(261));
    }

    [Test]
    public void Train_EndOfTextInTheCorpus_IsNoPartOfAnyWord()
    {
        Train(new TokenizerTraining { Kind = "bpe", VocabularySize = 400 }, string.Concat(Enumerable.Repeat("ab<|endoftext|>", 50)), "out");
        Assert.That(File.ReadAllLines(_folder["out/merges.txt"]).Skip(1), Is.EqualTo(new[] { "a b" }));
    }

    [Test]
    public void Train_Lowercase_GivesATokenizerThatLowersEveryText()
    {
        Train(new TokenizerTraining { Kind = "bpe", VocabularySize = 300, Lowercase = true }, Texts.Corpus, "out");
        var tokenizer = Tokenizer.Load(_folder["out"]);
        var encoded = tokenizer.Encode("THE İ Cat");
        Assert.That(tokenizer.Decode(encoded.Ids), Is.EqualTo("the i\u0307 cat"));
        Assert.That(encoded.Offsets.Max(offset => offset.End), Is.EqualTo(9), "offsets are those of the text as given");
    }

    [Test]
    public void Train_AGiganticWord_CountsOnlyItsBeginning()
    {
        var random = new Random(4);
        var text = new string([.. Enumerable.Range(0, 3 << 20).Select(_ => (char)random.Next('a', 'z' + 1))]);
        var summary = Train(new TokenizerTraining { Kind = "bpe", VocabularySize = 300 }, text, "out");
        Assert.That(summary.DistinctWords, Is.EqualTo(16), "pieces that never repeat would fill the memory");
        Assert.That(summary.Bytes, Is.EqualTo(3 << 20));
    }

    [Test]
    public void Train_Characters_KeepsAllOfThemAndSpeaksOfTheRestAsUnknown()
    {
        var summary = Train(new TokenizerTraining { Kind = "char" }, "héllo 😀\n", "out");
        var tokenizer = Tokenizer.Load(_folder["out"]);
        Assert.That(summary, Is.EqualTo(new TokenizerSummary("char", 9, 0, Encoding.UTF8.GetByteCount("héllo 😀\n"), 7) { Words = 8 }));
        Assert.That(tokenizer.Decode(tokenizer.Encode("hello 😀\n").Ids), Is.EqualTo("h" + "llo 😀\n"), "e is not there, and <unk> is special");
        Assert.That(tokenizer.Encode("hx😀é").Ids[1], Is.EqualTo(tokenizer.UnkId));
        Assert.That(tokenizer.Encode("hx😀é").Offsets, Is.EqualTo(new[] { (0, 1), (1, 2), (2, 3), (3, 4) }));
        Assert.That(tokenizer.Token(0), Is.EqualTo("\n"), "in the order of code points");
    }

    [Test]
    public void Train_CharactersWithALimit_KeepsTheMostFrequent()
    {
        Train(new TokenizerTraining { Kind = "char", VocabularySize = 4 }, "aaabbbc", "out");
        var tokenizer = Tokenizer.Load(_folder["out"]);
        Assert.That(Enumerable.Range(0, tokenizer.VocabularySize).Select(tokenizer.Token), Is.EqualTo(new[] { "a", "b", "<unk>", "<|endoftext|>" }));
    }

    [TestCase("wordpiece", 6, "at least 7")]
    [TestCase("wordpiece", null, "none")]
    [TestCase("bpe", 256, "257")]
    [TestCase("bpe", null, "none")]
    [TestCase("char", 2, "at least 3")]
    [TestCase("syllables", 300, "bpe, char, wordpiece")]
    public void Train_SettingsThatDoNotGoTogether_AreRefused(string kind, int? size, string named)
    {
        Assert.That(() => Train(new TokenizerTraining { Kind = kind, VocabularySize = size }, "text", "out"), Throws.TypeOf<TextException>().With.Message.Contains(named));
    }

    [Test]
    public void Train_SevenMegabytes_TakesAFewSeconds()
    {
        var random = new Random(5);
        var words = Enumerable.Range(0, 30_000).Select(_ => string.Concat(Enumerable.Range(0, random.Next(2, 12)).Select(_ => (char)('a' + (int)(26 * random.NextDouble() * random.NextDouble()))))).ToArray();
        var text = new StringBuilder();
        while (text.Length < 7_000_000)
        {
            text.Append(words[(int)(words.Length * Math.Pow(random.NextDouble(), 3))]).Append(' ');
        }

        var watch = System.Diagnostics.Stopwatch.StartNew();
        var summary = Train(new TokenizerTraining { Kind = "bpe", VocabularySize = 2048, Threads = 2 }, text.ToString(), "out");
        Assert.That(summary.VocabularySize, Is.EqualTo(2048));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    /// <summary>The definition, without any bookkeeping: words of the corpus as lists of tokens, counted from scratch for every merge.</summary>
    private static List<string> CountedAnew(string text, int most)
    {
        var words = new List<List<string>>();
        for (var rest = text; rest.Length > 0;)
        {
            var length = Gpt2Words.FirstLength(rest);
            words.Add([.. Encoding.UTF8.GetBytes(rest[..length]).Select(b => ByteAlphabet.Characters[b].ToString())]);
            rest = rest[length..];
        }

        var ids = ByteAlphabet.Characters.Order().Select((c, id) => (c.ToString(), id)).ToDictionary();
        var merges = new List<string>();
        while (merges.Count < most)
        {
            var best = words.SelectMany(word => word.Zip(word.Skip(1))).CountBy(pair => pair)
                .OrderByDescending(pair => pair.Value).ThenBy(pair => ids[pair.Key.First]).ThenBy(pair => ids[pair.Key.Second]).First();
            if (best.Value < 2)
            {
                break;
            }

            var (left, right) = best.Key;
            merges.Add($"{left} {right}");
            ids.TryAdd(left + right, ids.Count);
            foreach (var word in words)
            {
                for (var i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] == left && word[i + 1] == right)
                    {
                        word[i] += right;
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }

        return merges;
    }

    private TokenizerSummary Train(TokenizerTraining training, string text, string output) =>
        TokenizerTrainer.Train(training, [_folder.Write($"{output}.txt", text)], _folder.Folder(output));
}
