using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Text;

namespace OnnxPipeline.Inference.Tests;

/// <summary>Generation by a model that counts: see <see cref="Bigram"/>.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GeneratorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Generate_Greedy_FollowsTheModel()
    {
        using var model = Letters();
        var text = Generator.Generate(model, model.Encode("ab"), new GenerationOptions { MaxTokens = 3 });
        Assert.That(text.Text, Is.EqualTo("cde"));
        Assert.That((text.PromptIds, text.Ids), Is.EqualTo((new[] { 0, 1 }, new[] { 2, 3, 4 })));
        Assert.That(text.FinishReason, Is.EqualTo(FinishReason.Length));
        var wanted = 2 - Math.Log(Math.Exp(2) + Math.E + model.VocabularySize!.Value - 2);
        Assert.That(text.LogProbs, Has.Count.EqualTo(3).And.All.EqualTo(wanted).Within(1e-9));
    }

    [Test]
    public void Generate_TheTokenThatEndsATexts_EndsItUnlessIgnored()
    {
        using var model = Letters(); // a … j, <unk>, <|endoftext|>
        var text = Generator.Generate(model, model.Encode("h"), new GenerationOptions());
        Assert.That((text.Text, text.FinishReason), Is.EqualTo(("ij", FinishReason.Eos)));
        Assert.That(text.Ids, Is.EqualTo(new[] { 8, 9, 10, 11 }), "the ending token is one of the ids");
        var on = Generator.Generate(model, model.Encode("h"), new GenerationOptions { IgnoreEos = true, MaxTokens = 6 });
        Assert.That((on.Text, on.FinishReason), Is.EqualTo(("ijab", FinishReason.Length)));
    }

    [TestCase("eos_token_id", "[1.5]")]
    [TestCase("eos_token_id", "1e20")]
    [TestCase("n_positions", "8.5")]
    public void Read_ANumberThatIsNoId_NamesFileAndKey(string key, string value)
    {
        File.WriteAllText(Path.Combine(_folder.Path, "config.json"), $"{{\"{key}\": {value}}}");
        Assert.That(() => TextSettings.Read(_folder.Path), Throws.TypeOf<FileFormatException>().With.Message.Contains("config.json").And.Message.Contains(key));
    }

    [Test]
    public void Generate_AStopText_EndsTheTextBeforeIt()
    {
        using var model = Letters();
        var text = Generator.Generate(model, model.Encode("a"), new GenerationOptions { Stop = ["xyz", "ef", "def"] });
        Assert.That((text.Text, text.FinishReason), Is.EqualTo(("bc", FinishReason.Stop)));
        Assert.That(text.Ids, Is.EqualTo(new[] { 1, 2, 3, 4, 5 }), "def is complete with f, and begins first");
    }

    [Test]
    public void Generate_LongerThanTheModelsPositions_SlidesTheWindow()
    {
        using var model = Letters(positions: 4);
        Assert.That(model.Positions, Is.EqualTo(4));
        var text = Generator.Generate(model, model.Encode("abcdefg"), new GenerationOptions { MaxTokens = 30, IgnoreEos = true });
        Assert.That(text.Ids, Is.EqualTo(Enumerable.Range(7, 30).Select(id => id % 12)));
    }

    [Test]
    public void Generate_Sampled_IsTheSameForTheSameSeedAndAnotherForAnotherPrompt()
    {
        using var model = Letters();
        var options = new GenerationOptions { MaxTokens = 20, IgnoreEos = true, Sampling = new Sampling { Temperature = 1, Seed = 3 } };
        var (one, again, other) = (Generator.Generate(model, [0], options, 0), Generator.Generate(model, [0], options, 0), Generator.Generate(model, [0], options, 1));
        Assert.That(again.Ids, Is.EqualTo(one.Ids));
        Assert.That(other.Ids, Is.Not.EqualTo(one.Ids));
    }

    [Test]
    public void Generate_WithoutATokenizer_TakesAndGivesIdsOnly()
    {
        Bigram.Save(_folder["model.onnx"], Bigram.CountingTable(5), 5, 16);
        using var model = TextModel.Open(_folder["model.onnx"]);
        var text = Generator.Generate(model, [1], new GenerationOptions { MaxTokens = 2 });
        Assert.That((text.Ids, text.Text), Is.EqualTo((new[] { 2, 3 }, (string?)null)));
        Assert.That(() => model.Encode("a"), Throws.TypeOf<InferenceException>().With.Message.Contains("tokenizer"));
        Assert.That(() => Generator.Generate(model, [1], new GenerationOptions { Stop = ["a"] }), Throws.TypeOf<InferenceException>().With.Message.Contains("tokenizer"));
    }

    [Test]
    public void Generate_AMaskedModel_IsRefused()
    {
        Bigram.Save(_folder["model.onnx"], Bigram.CountingTable(5), 5, 16);
        new Manifest { Task = "mlm" }.Write(_folder["manifest.json"]);
        using var model = TextModel.Open(_folder["model.onnx"]);
        Assert.That(() => Generator.Generate(model, [1], new GenerationOptions()), Throws.TypeOf<InferenceException>().With.Message.Contains("fill-mask"));
    }

    [TestCase(new int[0], "no ids")]
    [TestCase(new[] { 0, 12 }, "12")]
    [TestCase(new[] { -1 }, "-1")]
    public void Generate_APromptThatDoesNotGo_IsNamed(int[] prompt, string named)
    {
        using var model = Letters();
        Assert.That(() => Generator.Generate(model, prompt, new GenerationOptions()), Throws.TypeOf<InferenceException>().With.Message.Contains(named));
    }

    [Test]
    public void Generate_LogitsThatAreNaN_IsAnError()
    {
        Bigram.Save(_folder["model.onnx"], [.. Enumerable.Repeat(float.NaN, 9)], 3, 16);
        using var model = TextModel.Open(_folder.Path);
        Assert.That(() => Generator.Generate(model, [0], new GenerationOptions()), Throws.TypeOf<InferenceException>().With.Message.Contains("NaN"));
    }

    [Test]
    public void Generate_Cancelled_Stops()
    {
        using var model = Letters();
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.That(() => Generator.Generate(model, [0], new GenerationOptions(), cancellation: cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Open_ConfigWithAnotherEnd_KnowsBoth()
    {
        using (Letters())
        {
        }

        _folder.Write("config.json", """{"n_positions": 16, "eos_token_id": [2, 50256]}""");
        using var model = TextModel.Open(_folder.Path);
        Assert.That(model.EosIds, Is.EqualTo(new[] { 2, 11 }), "50256 is beyond the vocabulary");
    }

    [Test]
    public void Open_FurtherInputs_AreFilledOrRefusedByName()
    {
        Bigram.Save(_folder["model.onnx"], Bigram.CountingTable(5), 5, 16, ("attention_mask", ElementType.Int64), ("position_ids", ElementType.Int64), ("token_type_ids", ElementType.Int64));
        using (var model = TextModel.Open(_folder.Path))
        {
            Assert.That(Generator.Generate(model, [1], new GenerationOptions { MaxTokens = 2 }).Ids, Is.EqualTo(new[] { 2, 3 }));
        }

        Bigram.Save(_folder["model.onnx"], Bigram.CountingTable(5), 5, 16, ("pixel_values", ElementType.Float));
        Assert.That(() => TextModel.Open(_folder.Path), Throws.TypeOf<InferenceException>().With.Message.Contains("pixel_values"));
    }

    [Test]
    public void Open_NoModel_SaysWhatIsThere()
    {
        Assert.That(() => TextModel.Open(_folder["missing"]), Throws.TypeOf<FileFormatException>().With.Message.Contains("does not exist"));
        _folder.Write("decoder.onnx", "");
        Assert.That(() => TextModel.Open(_folder.Path), Throws.TypeOf<FileFormatException>().With.Message.Contains("model.onnx").And.Message.Contains("decoder.onnx"));
    }

    /// <summary>A counting model over the letters a to j with its tokenizer.</summary>
    private TextModel Letters(int positions = 64)
    {
        _folder.Write("text.txt", "abcdefghij");
        var summary = TokenizerTrainer.Train(new TokenizerTraining { Kind = "char" }, [_folder["text.txt"]], _folder.Path);
        Bigram.Save(_folder["model.onnx"], Bigram.CountingTable(summary.VocabularySize), summary.VocabularySize, positions);
        _folder.Write("config.json", $$"""{"n_positions": {{positions}}}""");
        return TextModel.Open(_folder.Path);
    }
}
