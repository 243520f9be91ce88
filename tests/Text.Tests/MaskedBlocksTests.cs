using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
public sealed class MaskedBlocksTests : IDisposable
{
    private const int Length = 24;

    private readonly string[] _texts = MaskedCorpus.Random(60, 90);
    private readonly MaskedCorpus _corpus;

    public MaskedBlocksTests() => _corpus = new MaskedCorpus(_texts);

    public void Dispose() => _corpus.Dispose();

    [Test]
    public void Read_AnEpoch_HasTheTextOfEveryDocumentOnceBehindItsLabels()
    {
        var blocks = Blocks(pairs: false, seed: 3);
        var pieces = Enumerable.Range(0, (int)blocks.Count).Select(i => Read(blocks, 2, i)).ToList();

        Assert.That(pieces.Select(piece => piece.Text), Is.All.StartsWith("[CLS]").And.All.EndsWith("[SEP]"));
        Assert.That(string.Concat(pieces.Select(piece => piece.Text[5..^5])), Is.EqualTo(string.Concat(_texts)));
        Assert.That(pieces.Select(piece => piece.Block.Length), Is.All.LessThanOrEqualTo(Length));
        Assert.That(pieces.Count(piece => piece.Block.Length < Length), Is.LessThanOrEqualTo(2 * _texts.Length), "only the ends of documents are short");
        Assert.That(pieces.SelectMany(piece => piece.Types), Is.All.Zero);
    }

    [Test]
    public void Read_InAnyOrderFromAnyThread_GivesTheSame()
    {
        foreach (var pairs in new[] { false, true })
        {
            var (one, other) = (Blocks(pairs, 3), Blocks(pairs, 3));
            var wanted = Enumerable.Range(0, (int)one.Count).Select(i => string.Join(' ', Read(one, 5, i).Ids)).ToArray();
            var found = new string[wanted.Length];
            Parallel.For(0, wanted.Length, i => found[^(i + 1)] = string.Join(' ', Read(other, 5, wanted.Length - 1 - i).Ids));
            Assert.That(found, Is.EqualTo(wanted));
        }
    }

    [Test]
    public void Read_AnotherEpochOrSeed_MasksOtherPositions()
    {
        var (blocks, other) = (Blocks(false, 3), Blocks(false, 4));
        var wanted = All(blocks, 0);
        Assert.That(All(blocks, 1), Is.Not.EqualTo(wanted));
        Assert.That(All(other, 0), Is.Not.EqualTo(wanted));
        string All(MaskedBlocks from, int epoch) => string.Join(' ', Enumerable.Range(0, 20).SelectMany(i => Read(from, epoch, i).Labels.Select(label => label == Masking.Ignored)));
    }

    [Test]
    public void Read_Pairs_FollowOneAnotherInHalfOfTheExamplesAndAreOfTwoDocumentsElse()
    {
        var blocks = Blocks(pairs: true, seed: 3);
        var (next, all) = (0, 0);
        for (var epoch = 0; epoch < 20; epoch++)
        {
            for (var i = 0; i < blocks.Count; i++)
            {
                var example = Read(blocks, epoch, i);
                var parts = example.Text["[CLS]".Length..^"[SEP]".Length].Split("[SEP]");
                Assert.That(parts, Has.Length.EqualTo(2));
                Assert.That(example.Types[..example.Block.Length], Is.EqualTo(Enumerable.Repeat(0L, parts[0].Length + 2).Concat(Enumerable.Repeat(1L, parts[1].Length + 1))));
                Assert.That(_texts.Any(text => text.Contains(parts[0])) && _texts.Any(text => text.Contains(parts[1])), "each of one document");
                if (parts[0].Length > 6 && parts[1].Length > 6)
                {
                    Assert.That(_texts.Any(text => text.Contains(parts[0] + parts[1])), Is.EqualTo(example.Block.IsNext), example.Text);
                }

                (next, all) = (next + (example.Block.IsNext ? 1 : 0), all + 1);
            }
        }

        Assert.That((double)next / all, Is.EqualTo(0.5).Within(0.03));
    }

    [Test]
    public void Read_Pairs_AreCutAtWords()
    {
        var blocks = Blocks(pairs: true, seed: 3);
        var second = Enumerable.Range(0, (int)blocks.Count).Select(i => Read(blocks, 0, i).Text.Split("[SEP]")[1]).ToList();
        Assert.That(second.Count(text => text[0] == ' '), Is.GreaterThan(second.Count * 0.6), "but where no word begins before the end");
    }

    [Test]
    public void ForTraining_WhatDoesNotGo_IsRefused()
    {
        using var one = new MaskedCorpus("a single document");
        var masking = new Masking(one.Tokenizer, 0.15, false);
        Assert.That(() => MaskedBlocks.ForTraining(one.Documents, one.Tokenizer, masking, 16, true, 0), Throws.TypeOf<TextException>().With.Message.Contains("--documents"));
        Assert.That(() => MaskedBlocks.ForTraining(one.Documents, one.Tokenizer, masking, 2, false, 0), Throws.TypeOf<TextException>().With.Message.Contains("--block"));
        Assert.That(MaskedBlocks.ForTraining(one.Documents, one.Tokenizer, masking, 3, false, 0).Count, Is.EqualTo("a single document".Length));
    }

    private MaskedBlocks Blocks(bool pairs, long seed) => MaskedBlocks.ForTraining(_corpus.Documents, _corpus.Tokenizer, new Masking(_corpus.Tokenizer, 0.15, false), Length, pairs, seed);

    /// <summary>An example; its text with the labels in place of the masks.</summary>
    private (MaskedBlock Block, long[] Ids, long[] Types, long[] Labels, string Text) Read(MaskedBlocks blocks, long epoch, long example)
    {
        long[] ids = new long[Length], types = new long[Length], labels = new long[Length];
        var block = blocks.Read(epoch, example, ids, types, labels);
        Assert.That(labels.Count(label => label != Masking.Ignored), Is.EqualTo(block.Labels));
        return (block, ids, types, labels, _corpus.Decode(ids.Zip(labels, (id, label) => label == Masking.Ignored ? id : label).Take(block.Length)));
    }
}
