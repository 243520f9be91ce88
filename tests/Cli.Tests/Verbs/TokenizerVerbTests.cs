using System.Text.Json;
using NUnit.Framework;

namespace OnnxPipeline.Cli.Tests.Verbs;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TokenizerVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("onnxpipe-cli-").FullName;

    public TokenizerVerbTests() => File.WriteAllText(Path.Combine(_folder, "text.txt"), "the cat sat on the mat\nthe hat of the cat\n");

    private string Tokenizer => Path.Combine(_folder, "tokenizer");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task TokenizerTrain_Bpe_WritesTheFilesAndSaysWhatItMade()
    {
        var call = await Train("--kind", "bpe", "--vocab-size", "262", "--json");
        Assert.That(call.Code, Is.Zero, call.Error);
        Assert.That(Directory.GetFiles(Tokenizer).Select(Path.GetFileName), Is.SupersetOf(new[] { "tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json" }));
        using var document = JsonDocument.Parse(call.Output);
        Assert.That(document.RootElement.GetProperty("vocabulary_size").GetInt32(), Is.EqualTo(262));
    }

    [TestCase("bpe", "257", "every token is one byte: the 257 ids of --vocab-size")]
    [TestCase("bpe", "400 --min-frequency 9", "every token is one byte: no two of them stand side by side in the words of the text 9 times")]
    [TestCase("wordpiece", "21", "every token is one character: the 21 ids of --vocab-size")]
    public async Task TokenizerTrain_NothingToMergeOrNoRoomForIt_Warns(string kind, string size, string named)
    {
        var call = await Train(["--kind", kind, "--vocab-size", .. size.Split(' ')]);
        Assert.That(call.Code, Is.Zero, call.Error);
        Assert.That(call.Error, Does.Contain("warning: nothing was merged").And.Contain(named));

        Assert.That((await Train("--kind", kind, "--vocab-size", "300", "--force")).Error, Does.Not.Contain("warning"));
    }

    [Test]
    public async Task TokenizerTrain_WordPiece_GivesATokenizerThatFramesAText()
    {
        var call = await Train("--kind", "wordpiece", "--vocab-size", "60", "--lowercase");
        Assert.That(call.Code, Is.Zero, call.Error);
        Assert.That(Directory.GetFiles(Tokenizer).Select(Path.GetFileName), Is.EquivalentTo(new[] { "tokenizer.json", "vocab.txt", "tokenizer_config.json" }));
        var encoded = await Call.Of(["tokenizer", "encode", "--tokenizer", Tokenizer], "The cät\n", default);
        var line = JsonDocument.Parse(encoded.Output).RootElement;
        Assert.That(line.GetProperty("tokens").GetRawText(), Is.EqualTo("""["[CLS]","the","cat","[SEP]"]"""));
        Assert.That(line.GetProperty("offsets").GetRawText(), Is.EqualTo("[[0,0],[0,3],[4,7],[0,0]]"));
        Assert.That(line.GetProperty("decoded").GetString(), Is.EqualTo("the cat"));
    }

    [Test]
    public async Task TokenizerTrain_ToAFilledFolder_IsRefusedUnlessForced()
    {
        await Train("--kind", "char");
        Assert.That((await Train("--kind", "char")).Code, Is.EqualTo(64));
        Assert.That((await Train("--kind", "char", "--force")).Code, Is.Zero);
    }

    [TestCase("--kind bpe", "--vocab-size", 64)]
    [TestCase("--kind wordpiece", "--vocab-size", 64)]
    [TestCase("--kind wordpiece --vocab-size 6", "at least 7", 64)]
    [TestCase("--kind words", "'words'", 64)]
    [TestCase("--kind bpe --vocab-size 100", "257", 64)]
    public async Task TokenizerTrain_WhatDoesNotGo_IsRefusedAndLeavesNothing(string flags, string named, int code)
    {
        var call = await Train(flags.Split(' '));
        Assert.That(call.Code, Is.EqualTo(code));
        Assert.That(call.Error, Does.StartWith("error: ").And.Contain(named));
        Assert.That(Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName), Is.EqualTo(new[] { "text.txt" }));
    }

    [Test]
    public async Task TokenizerEncode_Lines_GivesOneObjectALine()
    {
        await Train("--kind", "char");
        var call = await Call.Of(["tokenizer", "encode", "--tokenizer", Tokenizer, "--max-length", "4"], "the cat\n\n", default);
        var lines = call.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.That(lines, Has.Count.EqualTo(2));
        Assert.That(lines[0].GetProperty("tokens").EnumerateArray().Select(token => token.GetString()), Is.EqualTo(new[] { "t", "h", "e", " " }));
        Assert.That(lines[0].GetProperty("offsets").GetRawText(), Is.EqualTo("[[0,1],[1,2],[2,3],[3,4]]"));
        Assert.That(lines[0].GetProperty("type_ids").GetRawText(), Is.EqualTo("[0,0,0,0]"));
        Assert.That(lines[0].GetProperty("decoded").GetString(), Is.EqualTo("the "));
        Assert.That(lines[0].GetProperty("overflow")[0].GetArrayLength(), Is.EqualTo(3));
        Assert.That(lines[1].GetProperty("ids").GetArrayLength(), Is.Zero, "an empty line is an empty text");
    }

    [Test]
    public async Task TokenizerDecode_WhatEncodeGave_IsTheText()
    {
        await Train("--kind", "bpe", "--vocab-size", "262");
        var encoded = await Call.Of(["tokenizer", "encode", "--tokenizer", Tokenizer], "the cat 日本<|endoftext|>\n", default);
        var ids = JsonDocument.Parse(encoded.Output).RootElement.GetProperty("ids");
        var input = $"{ids.GetRawText()}\n{string.Join(' ', ids.EnumerateArray())}\n";
        var call = await Call.Of(["tokenizer", "decode", "--tokenizer", Tokenizer], input, default);
        Assert.That(call.Output, Is.EqualTo("{\"text\":\"the cat 日本\"}\n{\"text\":\"the cat 日本\"}\n"));
        var kept = await Call.Of(["tokenizer", "decode", "--tokenizer", Tokenizer, "--keep-special"], input.Split('\n')[0], default);
        Assert.That(kept.Output, Does.Contain("<|endoftext|>"));
    }

    [Test]
    public async Task TokenizerDecode_WhatIsNoId_IsNamedWithItsLine()
    {
        await Train("--kind", "char");
        var call = await Call.Of(["tokenizer", "decode", "--tokenizer", Tokenizer], "1 2\n1 x\n", default);
        Assert.That(call.Code, Is.EqualTo(1));
        Assert.That(call.Error, Does.Contain("line 2").And.Contain("'x'"));
    }

    private Task<Call> Train(params string[] flags) =>
        Call.Of(["tokenizer", "train", "--input", Path.Combine(_folder, "text.txt"), "--out", Tokenizer, .. flags]);
}
