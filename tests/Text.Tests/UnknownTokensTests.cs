using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class UnknownTokensTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Tokenizer _tokenizer;

    public UnknownTokensTests()
    {
        File.WriteAllLines(_folder["vocab.txt"], ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "mat"]);
        _tokenizer = Tokenizer.Load(_folder.Path);
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void In_TextOfUnknownTokens_IsRefusedByName()
    {
        using var ids = Open("日本語 の 文章。\n\nзвук", DocumentEnd.BlankLine);

        Assert.That(() => UnknownTokens.In(ids, _tokenizer, [_folder["text.txt"]]), Throws.TypeOf<TextException>().With.Message
            .StartsWith($"{_folder["text.txt"]}: the tokenizer (kind wordpiece, 7 tokens) knows nothing of it: 8 of its tokens are [UNK]").And.Message.Contains("`onnxpipe tokenizer train`"));
    }

    [TestCase("cat cat mat", null)]
    [TestCase("cat cat mat dog", "25 % of the tokens are [UNK]")]
    public void In_TextWithUnknownTokens_IsWorthAWarningWhereTheyAreMany(string text, string? warned)
    {
        using var ids = Open(string.Join("\n\n", Enumerable.Repeat(text, 10)), DocumentEnd.BlankLine);

        Assert.That(UnknownTokens.In(ids, _tokenizer, [_folder["text.txt"], "b", "c"]), warned is null ? Is.Null : Does.Contain(warned).And.StartsWith($"{_folder["text.txt"]} and the 2 after it: "));
    }

    private TokenFile Open(string text, DocumentEnd documents) => TokenCache.Open([_folder.Write("text.txt", text)], _tokenizer, _folder["cache"], documents);
}
