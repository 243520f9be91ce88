using NUnit.Framework;

namespace OnnxPipeline.Inference.Tests;

/// <summary>A model whose guess for a mask follows from the mask alone: [PAD] [UNK] [CLS] [SEP] [MASK] a b c, after the mask a with logit 2, b with 1.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class MaskFillingTests : IDisposable
{
    private static readonly string[] Vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Fill_TwoMasks_GivesTheBestOfEachWithTheirProbability()
    {
        using var model = Model();
        var masks = MaskFilling.Fill(model, "a [MASK] b [MASK]", top: 3);

        Assert.That(masks, Has.Count.EqualTo(2));
        Assert.That(masks.Select(mask => string.Join(' ', mask.Select(guess => $"{guess.Id} {guess.Token}"))), Is.All.EqualTo("5 a 6 b 0 [PAD]"), "of equal ones the lower id");
        var sum = Math.Exp(2) + Math.E + 6;
        Assert.That(masks[1].Select(guess => guess.Score), Is.EqualTo(new[] { Math.Exp(2) / sum, Math.E / sum, 1 / sum }).Within(1e-6));
        Assert.That(MaskFilling.Fill(model, "[MASK]", top: 100)[0].Sum(guess => guess.Score), Is.EqualTo(1).Within(1e-9));
    }

    [TestCase("a b", "[MASK]")]
    [TestCase("a b c a b c a b [MASK]", "at most 10")]
    public void Fill_ATextThatDoesNotGo_SaysWhy(string text, string named)
    {
        using var model = Model();
        Assert.That(() => MaskFilling.Fill(model, text, 5), Throws.TypeOf<InferenceException>().With.Message.Contains(named));
    }

    private TextModel Model()
    {
        _folder.Write("vocab.txt", string.Join('\n', Vocabulary));
        _folder.Write("config.json", """{"max_position_embeddings": 10}""");
        Bigram.Save(_folder["model.onnx"], Bigram.CountingTable(Vocabulary.Length), Vocabulary.Length, 10);
        return TextModel.Open(_folder.Path);
    }
}
