using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
public sealed class MaskingTests : IDisposable
{
    private readonly MaskedCorpus _corpus = new([.. MaskedCorpus.Random(200, 300), "abcdefghijklmnopqrstuvwxyz"]);

    private Tokenizer Tokenizer => _corpus.Tokenizer;

    public void Dispose() => _corpus.Dispose();

    [TestCase(0.15, false)]
    [TestCase(0.4, false)]
    [TestCase(0.15, true)]
    public void Apply_ManyExamples_HasTheShareAndEightyTenTen(double share, bool wholeWords)
    {
        var masking = new Masking(Tokenizer, share, wholeWords);
        long all = 0, labelled = 0, masked = 0, same = 0, special = 0, wrong = 0;
        for (var example = 0; example < 6000; example++)
        {
            var (before, after, labels, count) = Apply(masking, example, 100 + (example % 50));
            all += before.Length - 2;
            labelled += count;
            wrong += count > 0 && labels.Count(label => label != Masking.Ignored) == count ? 0 : 1;
            for (var i = 0; i < labels.Length; i++)
            {
                if (labels[i] == Masking.Ignored)
                {
                    wrong += after[i] == before[i] ? 0 : 1;
                    continue;
                }

                wrong += labels[i] == before[i] ? 0 : 1;
                masked += after[i] == Tokenizer.MaskId ? 1 : 0;
                same += after[i] == before[i] ? 1 : 0;
                special += after[i] != Tokenizer.MaskId && Tokenizer.IsSpecial((int)after[i]) ? 1 : 0;
            }
        }

        Assert.That(wrong, Is.Zero, "labels are what was there, and what does not count is left as it is");

        // Standard errors: share 0 (rounded at random, one draw an example), the others √(p(1−p)/n) ≈ 0.0013 for n ≈ 110,000; five of them.
        Assert.That((double)labelled / all, Is.EqualTo(share).Within(wholeWords ? 0.004 : 0.0003));
        Assert.That((double)masked / labelled, Is.EqualTo(0.8).Within(0.0065));
        var ordinary = Enumerable.Range(0, Tokenizer.VocabularySize).Count(id => !Tokenizer.IsSpecial(id));
        Assert.That((double)same / labelled, Is.EqualTo(0.1 + (0.1 / ordinary)).Within(0.005), "kept, or drawn again by chance");
        Assert.That(special, Is.Zero, "random tokens are ordinary ones");
    }

    [Test]
    public void Apply_RandomTokens_AreEveryOrdinaryOneEquallyOften()
    {
        var masking = new Masking(Tokenizer, 1, wholeWords: false);
        var counts = new long[Tokenizer.VocabularySize];
        for (var example = 0; example < 3000; example++)
        {
            var (before, after, _, _) = Apply(masking, example, 120);
            foreach (var (was, now) in before.Zip(after).Where(pair => pair.First != pair.Second && pair.Second != Tokenizer.MaskId))
            {
                counts[now]++;
            }
        }

        var ordinary = Enumerable.Range(0, counts.Length).Where(id => !Tokenizer.IsSpecial(id)).Select(id => (double)counts[id]).ToList();
        Assert.That(ordinary.Max() / ordinary.Average(), Is.LessThan(1.2));
        Assert.That(ordinary.Min() / ordinary.Average(), Is.GreaterThan(0.75), "a frequent token is drawn in place of itself, which is not counted");
    }

    [Test]
    public void Apply_Positions_AreChosenEquallyOften()
    {
        var masking = new Masking(Tokenizer, 0.15, wholeWords: false);
        var counts = new int[40];
        for (var example = 0; example < 20_000; example++)
        {
            var labels = Apply(masking, example, 40).Labels;
            for (var i = 0; i < 40; i++)
            {
                counts[i] += labels[i + 1] == Masking.Ignored ? 0 : 1;
            }
        }

        Assert.That(counts, Is.All.EqualTo(3000).Within(5 * Math.Sqrt(3000 * 0.85)));
    }

    [Test]
    public void Apply_WholeWords_NeverMasksPartOfOne()
    {
        var masking = new Masking(Tokenizer, 0.15, wholeWords: true);
        var (several, parted) = (0, 0);
        for (var example = 0; example < 500; example++)
        {
            var (before, _, labels, _) = Apply(masking, example, 100);
            for (var i = 2; i < labels.Length - 1; i++)
            {
                if (!Tokenizer.BeginsWord((int)before[i]))
                {
                    parted += labels[i] == Masking.Ignored == (labels[i - 1] == Masking.Ignored) ? 0 : 1;
                    several += labels[i] == Masking.Ignored ? 0 : 1;
                }
            }
        }

        Assert.That(parted, Is.Zero);
        Assert.That(several, Is.GreaterThan(1000));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Apply_AShortExample_HasOneLabelAtLeast(bool wholeWords)
    {
        var masking = new Masking(Tokenizer, 0.01, wholeWords);
        for (var length = 1; length < 20; length++)
        {
            Assert.That(Apply(masking, length, length).Count, Is.GreaterThan(0));
        }
    }

    [Test]
    public void Apply_OnlySpecialTokens_HasNoLabel()
    {
        long[] ids = [Tokenizer.ClsId!.Value, Tokenizer.UnkId!.Value, Tokenizer.SepId!.Value];
        var labels = new long[3];
        Assert.That(new Masking(Tokenizer, 0.15, false).Apply(new Draws(0, 0, 0), ids, labels), Is.Zero);
        Assert.That(labels, Is.All.EqualTo(Masking.Ignored));
    }

    [Test]
    public void Constructor_ATokenizerWithoutAMask_SaysHowToMakeOne()
    {
        using var folder = new TemporaryFolder();
        TokenizerTrainer.Train(new TokenizerTraining { Kind = "char" }, [folder.Write("text", "abc")], folder.Path);
        Assert.That(() => new Masking(Tokenizer.Load(folder.Path), 0.15, false), Throws.TypeOf<TextException>().With.Message.Contains("tokenizer train --kind wordpiece"));
    }

    /// <summary>[CLS], letters with spaces in between, [SEP]; the words of another example are others.</summary>
    private (long[] Before, long[] After, long[] Labels, int Count) Apply(Masking masking, int example, int length)
    {
        var random = new Random(example);
        long[] before = [Tokenizer.ClsId!.Value, .. Enumerable.Range(0, length).Select(_ => (long)Tokenizer.Id(random.Next(5) == 0 ? " " : $"{(char)('a' + random.Next(26))}")!.Value), Tokenizer.SepId!.Value];
        long[] after = [.. before], labels = new long[before.Length];
        return (before, after, labels, masking.Apply(new Draws(1, 0, example), after, labels));
    }
}
