using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

/// <summary>The files: what we write is what Hugging Face's tools want, what they write is read, and what we cannot do is refused.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TokenizerFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void TokenizerJson_Trained_SaysWhatHuggingFaceReads()
    {
        Train("bpe", 300);
        using var json = JsonDocument.Parse(File.ReadAllBytes(_folder["tokenizer.json"]));
        var root = json.RootElement;
        var model = root.GetProperty("model");
        Assert.Multiple(() =>
        {
            Assert.That(model.GetProperty("type").GetString(), Is.EqualTo("BPE"));
            Assert.That(model.GetProperty("vocab").EnumerateObject().Select(entry => entry.Value.GetInt32()), Is.EqualTo(Enumerable.Range(0, 300)));
            Assert.That(model.GetProperty("merges").GetArrayLength(), Is.EqualTo(300 - 257));
            Assert.That(root.GetProperty("pre_tokenizer").GetRawText(), Does.Contain("ByteLevel"));
            Assert.That(root.GetProperty("decoder").GetProperty("type").GetString(), Is.EqualTo("ByteLevel"));
            Assert.That(root.GetProperty("added_tokens")[0].GetProperty("content").GetString(), Is.EqualTo("<|endoftext|>"));
            Assert.That(root.GetProperty("added_tokens")[0].GetProperty("id").GetInt32(), Is.EqualTo(299));
        });
        var config = JsonNode.Parse(File.ReadAllBytes(_folder["tokenizer_config.json"]))!;
        Assert.That((string?)config["eos_token"], Is.EqualTo("<|endoftext|>"));
        var vocabulary = JsonNode.Parse(File.ReadAllBytes(_folder["vocab.json"]))!.AsObject();
        Assert.That(vocabulary.Select(entry => entry.Key), Is.EqualTo(model.GetProperty("vocab").EnumerateObject().Select(entry => entry.Name)));
    }

    [Test]
    public void Load_Gpt2sTwoFilesOnly_GivesTheSameTokenizer()
    {
        Train("bpe", 300);
        var whole = Tokenizer.Load(_folder.Path);
        var two = _folder.Folder("two");
        File.Copy(_folder["vocab.json"], Path.Combine(two, "vocab.json"));
        File.WriteAllText(Path.Combine(two, "merges.txt"), File.ReadAllText(_folder["merges.txt"]).Replace("\n", "\r\n"));
        var tokenizer = Tokenizer.Load(two);
        foreach (var text in Texts.Awkward.Append(Texts.Corpus))
        {
            Assert.That(tokenizer.Encode(text).Ids, Is.EqualTo(whole.Encode(text).Ids));
        }

        Assert.That(tokenizer.EosId, Is.EqualTo(whole.EosId));
    }

    [Test]
    public void Load_AVocabularyByHand_MergesByRank()
    {
        var letters = ByteAlphabet.Characters.Order().Select(c => c.ToString()).ToArray();
        string[] tokens = [.. letters, "he", "ll", "llo", "hello", "Ġhe", "<|endoftext|>"];
        _folder.Write("vocab.json", JsonSerializer.Serialize(tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id)));
        _folder.Write("merges.txt", "#version: 0.2\nh e\nl l\nll o\nhe llo\nĠ he\n");
        var encoded = Tokenizer.Load(_folder.Path).Encode("hello hello");
        Assert.That(encoded.Tokens, Is.EqualTo(new[] { "hello", "Ġ", "hello" }), "he + llo comes before Ġ + he");
        Assert.That(encoded.Offsets, Is.EqualTo(new[] { (0, 5), (5, 6), (6, 11) }));
    }

    [Test]
    public void Load_MergesAsArraysAndAFrame_AreAsNewerToolsWriteThem()
    {
        Train("bpe", 300);
        var plain = Tokenizer.Load(_folder.Path).Encode("The cat").Ids;
        Change(root =>
        {
            var merges = root["model"]!["merges"]!.AsArray();
            root["model"]!["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)new JsonArray([.. ((string)merge!).Split(' ').Select(part => (JsonNode)part)]))]);
            root["post_processor"] = JsonNode.Parse("""
                {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                 "pair": [], "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [299], "tokens": ["<|endoftext|>"]}}}
                """);
        });
        var tokenizer = Tokenizer.Load(_folder.Path);
        Assert.That(tokenizer.Encode("The cat").Ids, Is.EqualTo(plain.Prepend(299)));
        Assert.That(tokenizer.Encode("The cat").Offsets[0], Is.EqualTo((0, 0)));
        Assert.That(tokenizer.Encode("The cat", addSpecial: false).Ids, Is.EqualTo(plain));
        Assert.That(() => tokenizer.Encode("The cat", maxLength: 1), Throws.TypeOf<TextException>().With.Message.Contains("special"));
    }

    [Test]
    public void SaveTo_AnotherFolder_CopiesEveryByte()
    {
        Train("char", null);
        var tokenizer = Tokenizer.Load(_folder.Path);
        tokenizer.SaveTo(_folder.Folder("copy"));
        Assert.That(Tokenizer.Load(_folder["copy"]).Fingerprint, Is.EqualTo(tokenizer.Fingerprint));
        Assert.That(File.ReadAllBytes(_folder["copy/tokenizer.json"]), Is.EqualTo(File.ReadAllBytes(_folder["tokenizer.json"])));
    }

    [Test]
    public void Load_AFolderWithoutATokenizer_SaysWhatWasWanted()
    {
        Assert.That(() => Tokenizer.Load(_folder.Path), Throws.TypeOf<TextException>().With.Message.Contains("tokenizer.json").And.Message.Contains(_folder.Path));
    }

    [TestCase("$.model.type", "\"Unigram\"", "Unigram")]
    [TestCase("$.model.dropout", "0.1", "dropout")]
    [TestCase("$.model.byte_fallback", "true", "byte_fallback")]
    [TestCase("$.model.merges", "[\"a\"]", "not two tokens")]
    [TestCase("$.normalizer", "{\"type\": \"NFC\"}", "NFC")]
    [TestCase("$.pre_tokenizer", "{\"type\": \"Whitespace\"}", "Whitespace")]
    [TestCase("$.pre_tokenizer.add_prefix_space", "true", "add_prefix_space")]
    [TestCase("$.model.vocab", "{\"a\": -1}", "-1")]
    public void Load_WhatWeDoNotDo_IsRefusedByName(string path, string value, string named)
    {
        Train("bpe", 300);
        Change(root =>
        {
            var parts = path.Split('.').Skip(1).ToArray();
            var node = parts.SkipLast(1).Aggregate(root, (at, part) => at[part]!);
            node[parts[^1]] = JsonNode.Parse(value);
        });
        Assert.That(() => Tokenizer.Load(_folder.Path), Throws.InstanceOf<TextException>().With.Message.Contains(named).And.Message.Contains("tokenizer.json"));
    }

    [TestCase("max_input_chars_per_word", "100.5")]
    [TestCase("max_input_chars_per_word", "1e20")]
    [TestCase("unk_token", "null")]
    public void Load_AValueOfAnotherKind_IsAnErrorOfOurs(string key, string value)
    {
        Train("wordpiece", 200);
        Change(root => root["model"]![key] = JsonNode.Parse(value));
        Assert.That(() => Tokenizer.Load(_folder.Path), Throws.InstanceOf<TextException>().With.Message.Contains("tokenizer.json"));
    }

    [Test]
    public void Load_ANamedTokenWithoutContent_IsNone()
    {
        Train("bpe", 300);
        _folder.Write("tokenizer_config.json", """{"bos_token": {"content": null}, "eos_token": "<|endoftext|>"}""");
        Assert.That((Tokenizer.Load(_folder.Path).BosId, Tokenizer.Load(_folder.Path).EosId), Is.EqualTo(((int?)null, (int?)299)));
    }

    [Test]
    public void Load_AFileCutOffAnywhere_IsAnErrorOfOurs()
    {
        Train("bpe", 270);
        var bytes = File.ReadAllBytes(_folder["tokenizer.json"]);
        for (var length = 0; length < bytes.Length - 2; length += 97)
        {
            _folder.Write("tokenizer.json", bytes[..length]);
            Assert.That(() => Tokenizer.Load(_folder.Path), Throws.InstanceOf<TextException>().With.Message.Contains("tokenizer.json"), $"{length} bytes");
        }
    }

    private void Train(string kind, int? size) =>
        TokenizerTrainer.Train(new TokenizerTraining { Kind = kind, VocabularySize = size }, [_folder.Write("corpus.txt", Texts.Corpus)], _folder.Path);

    private void Change(Action<JsonNode> change)
    {
        var root = JsonNode.Parse(File.ReadAllBytes(_folder["tokenizer.json"]))!;
        change(root);
        _folder.Write("tokenizer.json", root.ToJsonString());
    }
}
