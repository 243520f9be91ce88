using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OnnxPipeline.Files;

namespace OnnxPipeline.Text;

/// <summary>
/// The files of a tokenizer as Hugging Face's tools write them, read into what a <see cref="Tokenizer"/> is made of. What would change
/// results and is not done here is refused by name.
/// </summary>
internal sealed partial class TokenizerFiles
{
    private const string TokenizerJson = "tokenizer.json", VocabJson = "vocab.json", MergesTxt = "merges.txt", VocabTxt = "vocab.txt", ConfigJson = "tokenizer_config.json", MapJson = "special_tokens_map.json";

    /// <summary>All that may belong to a tokenizer, of whatever kind; read, hashed and copied together.</summary>
    private static readonly string[] Names = [TokenizerJson, VocabJson, MergesTxt, ConfigJson, MapJson, VocabTxt];

    private static readonly string[] NamedTokens = ["bos_token", "eos_token", "unk_token", "pad_token", "cls_token", "sep_token", "mask_token"];

    private readonly string _folder;
    private readonly Dictionary<string, byte[]> _content;

    private TokenizerFiles(string folder)
    {
        _folder = folder;
        _content = Names.Where(name => File.Exists(Path.Combine(folder, name))).ToDictionary(name => name, name => InputFile.ReadAllBytes(Path.Combine(folder, name)));
        Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            string.Join('\n', _content.Select(file => $"{file.Key} {Convert.ToHexStringLower(SHA256.HashData(file.Value))}")))));
        ReadNamed();
        Model = _content.ContainsKey(TokenizerJson) ? Parse(TokenizerJson, ReadTokenizer) : _content.ContainsKey(VocabTxt) ? ReadVocabTxt() : ReadVocabularyAndMerges();
    }

    public TokenModel Model { get; }

    public List<AddedToken> Added { get; } = [];

    /// <summary><c>bos_token</c> and its like.</summary>
    public Dictionary<string, string> Named { get; } = [];

    /// <summary>Null where texts are taken as they are.</summary>
    public Normalizer? Normalizer { get; private set; }

    public TokenFrame Frame { get; private set; } = TokenFrame.None;

    public string Fingerprint { get; }

    public static bool AreIn(string folder) =>
        File.Exists(Path.Combine(folder, TokenizerJson)) || File.Exists(Path.Combine(folder, VocabTxt)) || (File.Exists(Path.Combine(folder, VocabJson)) && File.Exists(Path.Combine(folder, MergesTxt)));

    public static TokenizerFiles Read(string folder) => AreIn(folder)
        ? new TokenizerFiles(folder)
        : throw new TextException($"{folder} holds no tokenizer: {TokenizerJson}, or {VocabJson} with {MergesTxt}, or {VocabTxt}, were wanted. `onnxpipe tokenizer train` makes one.");

    public void WriteTo(string folder)
    {
        foreach (var (name, bytes) in _content)
        {
            AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(bytes));
        }
    }

    private void ReadNamed()
    {
        foreach (var file in new[] { MapJson, ConfigJson }.Where(_content.ContainsKey))
        {
            Parse(file, root =>
            {
                foreach (var name in NamedTokens)
                {
                    if (root.TryGetProperty(name, out var token) && (token.ValueKind == JsonValueKind.Object ? token.GetProperty("content") : token).GetString() is { } content)
                    {
                        Named[name] = content;
                    }
                }

                return true;
            });
        }
    }

    /// <summary>GPT-2's two files: what is not written in them is as in GPT-2.</summary>
    private ByteLevelBpe ReadVocabularyAndMerges()
    {
        var vocabulary = Parse(VocabJson, root => ReadVocabulary(VocabJson, root));
        if (!vocabulary.TryGetValue(TokenizerWriter.EndOfText, out var id))
        {
            throw Damaged(VocabJson, $"without {TokenizerJson} the vocabulary of a GPT-2 was wanted, but it has no token {TokenizerWriter.EndOfText}");
        }

        Added.Add(new AddedToken(id, TokenizerWriter.EndOfText, Special: true));
        foreach (var name in new[] { "bos_token", "eos_token", "unk_token" })
        {
            Named.TryAdd(name, TokenizerWriter.EndOfText);
        }

        var lines = Encoding.UTF8.GetString(_content[MergesTxt]).Split('\n').Select(line => line.TrimEnd('\r'));
        return Bpe(MergesTxt, vocabulary, [.. lines.SkipWhile(line => line.StartsWith("#version", StringComparison.Ordinal)).Where(line => line.Length > 0).Select(line => Pair(MergesTxt, line))], trimOffsets: false);
    }

    private TokenModel ReadTokenizer(JsonElement root)
    {
        ReadAdded(root);
        var model = root.GetProperty("model");
        if (model.GetProperty("type").GetString() == "WordPiece")
        {
            return ReadWordPiece(root, model);
        }

        Normalizer = Optional(root, "normalizer") is { } normalizer && Only(normalizer, "normalizer", "Lowercase") ? Lowercase.Of : null;
        Only(model, "model", "BPE");
        Refuse(model, "dropout", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges");
        var vocabulary = ReadVocabulary(TokenizerJson, model.GetProperty("vocab"));
        var merges = model.GetProperty("merges").EnumerateArray().Select(merge => merge.ValueKind == JsonValueKind.Array
            ? (merge[0].GetString()!, merge[1].GetString()!)
            : Pair(TokenizerJson, merge.GetString()!)).ToList();
        if (Optional(root, "pre_tokenizer") is { } words)
        {
            Only(words, "pre_tokenizer", "ByteLevel");
            Refuse(words, "add_prefix_space");
            if (words.TryGetProperty("use_regex", out var expression) && !expression.GetBoolean())
            {
                throw Damaged(TokenizerJson, "pre_tokenizer ByteLevel with use_regex = false is not supported");
            }

            return Bpe(TokenizerJson, vocabulary, merges, ReadFrame(root));
        }

        if (merges.Count > 0 || Optional(model, "unk_token")?.GetString() is not { } unknown || !vocabulary.TryGetValue(unknown, out var unknownId))
        {
            throw Damaged(TokenizerJson, "a BPE model without pre_tokenizer is a vocabulary of characters: no merges, and an unk_token that the vocabulary holds, were wanted");
        }

        ReadFrame(root);
        return new CharacterVocabulary(vocabulary, unknownId);
    }

    private void ReadAdded(JsonElement root)
    {
        foreach (var added in Optional(root, "added_tokens")?.EnumerateArray() ?? default)
        {
            Refuse(added, "single_word", "lstrip", "rstrip");
            if (added.GetProperty("content").GetString() is { Length: > 0 } content)
            {
                Added.Add(new AddedToken(Id(TokenizerJson, content, added.GetProperty("id")), content, added.GetProperty("special").GetBoolean()));
            }
        }
    }

    /// <summary>What is put around a text; gives whether offsets are trimmed.</summary>
    private bool ReadFrame(JsonElement root)
    {
        if (Optional(root, "post_processor") is not { } last)
        {
            return false;
        }

        if (last.GetProperty("type").GetString() == "ByteLevel")
        {
            return last.GetProperty("trim_offsets").GetBoolean();
        }

        if (last.GetProperty("type").GetString() == "BertProcessing")
        {
            Frame = new TokenFrame([Id(TokenizerJson, "cls", last.GetProperty("cls")[1])], [Id(TokenizerJson, "sep", last.GetProperty("sep")[1])]);
            return false;
        }

        Only(last, "post_processor", "TemplateProcessing");
        List<int> before = [], after = [];
        var to = before;
        foreach (var part in last.GetProperty("single").EnumerateArray())
        {
            if (part.TryGetProperty("SpecialToken", out var token))
            {
                to.AddRange(last.GetProperty("special_tokens").GetProperty(token.GetProperty("id").GetString()!).GetProperty("ids").EnumerateArray().Select(id => Id(TokenizerJson, "a special token", id)));
            }
            else
            {
                to = after;
            }
        }

        Frame = new TokenFrame(before, after);
        return false;
    }

    private ByteLevelBpe Bpe(string file, Dictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> merges, bool trimOffsets)
    {
        if (ByteAlphabet.Characters.Where(c => !vocabulary.ContainsKey(c.ToString())).Take(1).ToArray() is [var missing])
        {
            throw Damaged(file, $"byte-level BPE has a token for each of the 256 bytes; '{missing}' (byte {ByteAlphabet.ByteOf(missing)}) is not in the vocabulary");
        }

        foreach (var (left, right) in merges)
        {
            if (!vocabulary.ContainsKey(left) || !vocabulary.ContainsKey(right) || !vocabulary.ContainsKey(left + right))
            {
                throw Damaged(file, $"the merge '{left} {right}' names a token that is not in the vocabulary, or makes one");
            }
        }

        return new ByteLevelBpe(vocabulary, merges, trimOffsets);
    }

    private Dictionary<string, int> ReadVocabulary(string file, JsonElement entries)
    {
        var vocabulary = new Dictionary<string, int>();
        foreach (var entry in entries.EnumerateObject())
        {
            vocabulary[entry.Name] = Id(file, entry.Name, entry.Value);
        }

        return vocabulary.Count > 0 ? vocabulary : throw Damaged(file, "the vocabulary is empty");
    }

    /// <summary>A bound, so that a damaged file does not ask for gigabytes.</summary>
    private int Id(string file, string token, JsonElement id) => id.TryGetInt32(out var number) && number is >= 0 and < 1 << 24
        ? number
        : throw Damaged(file, $"the id of '{token}' is {id.GetRawText()}; a whole number from 0 to {(1 << 24) - 1} was wanted");

    private (string Left, string Right) Pair(string file, string line) => line.Split(' ') is [var left, var right]
        ? (left, right)
        : throw Damaged(file, $"the merge '{line}' is not two tokens with a space between them");

    private bool Only(JsonElement part, string name, string supported) => part.GetProperty("type").GetString() is var type && type == supported
        ? true
        : throw Damaged(TokenizerJson, $"{name} {type} is not supported; {supported} is");

    /// <summary>Settings that change results and are off or absent in what we support.</summary>
    private void Refuse(JsonElement part, params string[] names)
    {
        foreach (var name in names)
        {
            if (part.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False) && value.ToString() is not ("" or "0" or "0.0"))
            {
                throw Damaged(TokenizerJson, $"{name} = {value.GetRawText()} is not supported");
            }
        }
    }

    private static JsonElement? Optional(JsonElement part, string name) =>
        part.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private T Parse<T>(string name, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(_content[name]);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException or FormatException or ArgumentNullException)
        {
            throw new TextException($"{Path.Combine(_folder, name)} is not a tokenizer's file as Hugging Face writes it: {e.Message}", e);
        }
    }

    private TextException Damaged(string name, string what) => new($"{Path.Combine(_folder, name)}: {what}.");
}
