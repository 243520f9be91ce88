using System.Text.Json.Nodes;

namespace OnnxPipeline.Text.Tests;

/// <summary>A text as documents, with a tokenizer of characters that has BERT's special tokens; a space begins a word.</summary>
internal sealed class MaskedCorpus : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TokenFile _file;

    public MaskedCorpus(params string[] documents)
    {
        var text = _folder.Write("text.txt", string.Join("\n\n", documents));
        TokenizerTrainer.Train(new TokenizerTraining { Kind = "char" }, [text], _folder.Path);
        var model = JsonNode.Parse(File.ReadAllText(_folder["tokenizer.json"]))!;
        var config = JsonNode.Parse(File.ReadAllText(_folder["tokenizer_config.json"]))!;
        var added = model["added_tokens"]!.AsArray();
        foreach (var name in new[] { "pad", "cls", "sep", "mask" })
        {
            var token = added[0]!.DeepClone();
            (token["id"], token["content"]) = (model["model"]!["vocab"]!.AsObject().Count + added.Count - 2, $"[{name.ToUpperInvariant()}]");
            added.Add(token);
            config[$"{name}_token"] = $"[{name.ToUpperInvariant()}]";
        }

        File.WriteAllText(_folder["tokenizer.json"], model.ToJsonString());
        File.WriteAllText(_folder["tokenizer_config.json"], config.ToJsonString());
        Tokenizer = Tokenizer.Load(_folder.Path);
        _file = TokenCache.Open([text], Tokenizer, _folder["cache"], DocumentEnd.BlankLine);
        Documents = Documents.In(_file, Tokenizer);
    }

    public Tokenizer Tokenizer { get; }

    public Documents Documents { get; }

    /// <summary>Documents of small letters in words of one to seven.</summary>
    public static string[] Random(int count, int most, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var text = new string([.. Enumerable.Range(0, random.Next(1, most)).Select(i => random.Next(5) == 0 ? ' ' : (char)('a' + random.Next(26)))]);
            return "a" + text.Replace("  ", "zz") + "z"; // white space at the ends, or in a row, would not come back
        })];
    }

    public string Decode(IEnumerable<long> ids) => Tokenizer.Decode(ids.Select(id => (int)id), keepSpecial: true);

    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }
}
