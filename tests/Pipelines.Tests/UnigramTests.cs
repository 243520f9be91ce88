using NUnit.Framework;
using OnnxPipeline.Text;

namespace OnnxPipeline.Pipelines.Tests;

[TestFixture]
public sealed class UnigramTests
{
    [Test]
    public void Perplexity_OfKnownCounts_IsTheExponentOfTheCrossEntropy()
    {
        using var folder = new TemporaryFolder();
        TokenizerTrainer.Train(new TokenizerTraining { Kind = "char" }, [folder.Write("abc", "abc")], folder.Path);
        var tokenizer = Tokenizer.Load(folder.Path); // a b c <unk> <|endoftext|>
        using var training = TokenCache.Open([folder.Write("train", "aaaaaab")], tokenizer, folder["cache"]);
        using var validation = TokenCache.Open([folder.Write("held", "abc")], tokenizer, folder["cache"]);

        // Counts and one: 7, 2, 1, 1, 1 of 12.
        var wanted = Math.Exp(-(Math.Log(7 / 12.0) + Math.Log(2 / 12.0) + Math.Log(1 / 12.0)) / 3);
        Assert.That(Unigram.Perplexity(training.Whole, validation.Whole, tokenizer.VocabularySize), Is.EqualTo(wanted).Within(1e-9));
    }

    [Test]
    public void Accuracy_OfKnownCounts_IsTheShareOfTheTokenThatTrainingHasMost()
    {
        using var folder = new TemporaryFolder();
        TokenizerTrainer.Train(new TokenizerTraining { Kind = "char" }, [folder.Write("abc", "abc")], folder.Path);
        var tokenizer = Tokenizer.Load(folder.Path);
        using var training = TokenCache.Open([folder.Write("train", "abbbcc")], tokenizer, folder["cache"]);
        using var validation = TokenCache.Open([folder.Write("held", "abbcccccc")], tokenizer, folder["cache"]);
        Assert.That(Unigram.Accuracy(training.Whole, validation.Whole, tokenizer.VocabularySize), Is.EqualTo(2 / 9.0).Within(1e-12));
    }
}
