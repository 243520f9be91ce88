using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
public sealed class CausalBlocksTests : IDisposable
{
    private const int Count = 1003;

    private readonly TemporaryFolder _folder = new();
    private TokenFile _file = null!;

    [OneTimeSetUp]
    public void WriteTokens()
    {
        using (var stream = File.Create(_folder["a.tokens"]))
        {
            TokenFile.Write(stream, 1 << 17, write => write([.. Enumerable.Range(0, Count)])); // an id says where it stands
        }

        _file = TokenFile.Open(_folder["a.tokens"]);
    }

    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void ForValidation_EveryEpoch_CoversThePartFromItsBeginning()
    {
        var blocks = CausalBlocks.ForValidation(_file.Whole, 10);
        Assert.That(blocks.Count, Is.EqualTo(100));
        foreach (var epoch in new[] { 0, 7 })
        {
            Assert.That(Enumerable.Range(0, 100).SelectMany(block => Inputs(blocks, epoch, block)), Is.EqualTo(Enumerable.Range(0, 1000)));
        }
    }

    [Test]
    public void Labels_OfABlock_AreItsInputsOneOn()
    {
        var blocks = CausalBlocks.ForTraining(_file.Whole, 10, seed: 4);
        for (var epoch = 0; epoch < 20; epoch++)
        {
            var labels = new long[10];
            blocks.Labels(epoch, blocks.Count - 1, labels);
            Assert.That(labels, Is.EqualTo(Inputs(blocks, epoch, blocks.Count - 1).Select(id => id + 1)));
            Assert.That(labels.Max(), Is.LessThan(Count));
        }
    }

    [Test]
    public void ForTraining_Epochs_BeginElsewhereAndTheSameForTheSameSeed()
    {
        var (one, same, other) = (CausalBlocks.ForTraining(_file.Whole, 10, 4), CausalBlocks.ForTraining(_file.Whole, 10, 4), CausalBlocks.ForTraining(_file.Whole, 10, 5));
        var starts = Enumerable.Range(0, 40).Select(epoch => Inputs(one, epoch, 0)[0]).ToList();
        Assert.That(starts.Distinct().Count(), Is.GreaterThan(7), "nearly all of the ten beginnings in forty epochs");
        Assert.That(starts, Is.EqualTo(Enumerable.Range(0, 40).Reverse().Select(epoch => Inputs(same, epoch, 0)[0]).Reverse()));
        Assert.That(starts, Is.Not.EqualTo(Enumerable.Range(0, 40).Select(epoch => Inputs(other, epoch, 0)[0])));
    }

    [Test]
    public void ForTraining_APartOfAFile_StaysInside()
    {
        var part = _file.Whole.SplitLast(0.5).Last;
        var blocks = CausalBlocks.ForTraining(part, 10, 0);
        for (var epoch = 0; epoch < 30; epoch++)
        {
            Assert.That(Inputs(blocks, epoch, 0)[0], Is.GreaterThanOrEqualTo(part.Start));
            Assert.That(Inputs(blocks, epoch, blocks.Count - 1)[^1], Is.LessThan(Count - 1));
        }
    }

    [TestCase(11, 1)]
    [TestCase(20, 1)]
    [TestCase(21, 2)]
    public void ForValidation_ShortParts_HaveAsManyBlocksAsFit(int length, int count)
    {
        Assert.That(CausalBlocks.ForValidation(_file.Whole with { Length = length }, 10).Count, Is.EqualTo(count));
    }

    [Test]
    public void ForTraining_TooShortForABlock_SaysHowMuchIsMissing()
    {
        Assert.That(() => CausalBlocks.ForTraining(_file.Whole with { Length = 10 }, 10, 0), Throws.TypeOf<TextException>().With.Message.Contains("10 tokens").And.Message.Contains("11"));
    }

    private static long[] Inputs(CausalBlocks blocks, long epoch, long block)
    {
        var ids = new long[blocks.Length];
        blocks.Inputs(epoch, block, ids);
        return ids;
    }
}
