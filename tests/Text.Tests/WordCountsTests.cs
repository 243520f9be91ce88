using System.Text;
using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
public sealed class WordCountsTests
{
    [Test]
    public void Add_WordsOfEveryKind_CountsThemAsADictionaryDoes()
    {
        var random = new Random(1);
        var (counts, slot, expected) = (new WordCounts(), new WordCounts(), new Dictionary<string, long>());
        for (var i = 0; i < 100_000; i++)
        {
            var word = string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => new Rune(random.Next(10) == 0 ? 0x1F600 : random.Next(0x40, 0x140))));
            slot.Add(word);
            expected[word] = expected.GetValueOrDefault(word) + 1;
            if (i % 7000 == 0)
            {
                counts.Add(slot);
                slot.Clear();
            }
        }

        counts.Add(slot);
        Assert.That(Words(counts).Zip(Enumerable.Range(0, counts.Count).Select(counts.Occurrences)).OrderBy(entry => entry.First, StringComparer.Ordinal),
            Is.EqualTo(expected.Select(entry => (entry.Key, entry.Value)).OrderBy(entry => entry.Key, StringComparer.Ordinal)));
        Assert.That((counts.Total, counts.LeftOut), Is.EqualTo((100_000L, 0L)));
        Assert.That(counts.Bytes, Is.EqualTo(expected.Keys.Sum(Encoding.UTF8.GetByteCount)));
    }

    [Test]
    public void Fit_MoreWordsThanMayBeHeld_LeavesTheMostFrequentHalfAndSaysHowManyItLeftOut()
    {
        var counts = Counted(Enumerable.Range(1, 8).Select(i => ($"w{i}", i)));
        counts.Fit(mostWords: 8, mostBytes: 1000);
        Assert.That((counts.Count, counts.LeftOut), Is.EqualTo((8, 0L)), "8 are allowed");

        counts.Add(Counted([("w9", 9), ("w1", 1)]));
        counts.Fit(mostWords: 8, mostBytes: 1000);
        Assert.That(Words(counts), Is.EquivalentTo(new[] { "w6", "w7", "w8", "w9" }));
        Assert.That((counts.LeftOut, counts.Total), Is.EqualTo((2L + 2 + 3 + 4 + 5, 36L + 10)));

        counts.Add("w1");
        counts.Add("w9");
        Assert.That(Enumerable.Range(0, 5).Select(counts.Occurrences), Is.EquivalentTo(new[] { 1, 6, 7, 8, 10 }), "what was left out is counted from 0");
    }

    [Test]
    public void Fit_MoreBytesThanMayBeHeld_LeavesWhatHalfOfThemHolds()
    {
        var counts = Counted([("ééé", 3), ("rarer", 2), ("rare", 1)]);
        counts.Fit(mostWords: 100, mostBytes: 14);
        Assert.That(Words(counts), Is.EqualTo(new[] { "ééé" }), "with the next it would be 11 bytes, and half of 14 are allowed");
    }

    [Test]
    public void Fit_WordsThatAreEquallyRare_LeavesTheSameHalfWhateverTheirOrder()
    {
        var all = Enumerable.Range(0, 10_000).Select(i => ($"word {i}", 1)).ToList();
        var (forwards, backwards) = (Counted(all), Counted(all.AsEnumerable().Reverse()));
        forwards.Fit(8000, int.MaxValue);
        backwards.Fit(8000, int.MaxValue);
        Assert.That(Words(forwards).Order(), Is.EqualTo(Words(backwards).Order()));
        Assert.That(forwards.Count, Is.EqualTo(4000).Within(2), "those with one hash go together");

        var first = Words(forwards);
        forwards.Add(Counted(Enumerable.Range(0, 10_000).Select(i => ($"later word {i}", 1))));
        forwards.Fit(8000, int.MaxValue);
        Assert.That(Words(forwards).Count(word => word.StartsWith("later", StringComparison.Ordinal)), Is.EqualTo(2000).Within(150), "half of what stays: as large a part of the later words as of the earlier ones, most of which are gone");
        Assert.That(Words(forwards).Except(first).All(word => word.StartsWith("later", StringComparison.Ordinal)));
    }

    private static WordCounts Counted(IEnumerable<(string Word, int Count)> words)
    {
        var counts = new WordCounts();
        foreach (var (word, count) in words)
        {
            for (var i = 0; i < count; i++)
            {
                counts.Add(word);
            }
        }

        return counts;
    }

    private static List<string> Words(WordCounts counts) => [.. Enumerable.Range(0, counts.Count).Select(i => Encoding.UTF8.GetString(counts.Word(i)))];
}
