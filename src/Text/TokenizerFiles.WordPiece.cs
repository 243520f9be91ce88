using System.Text;
using System.Text.Json;

namespace OnnxPipeline.Text;

/// <summary>BERT's tokenizers: <c>tokenizer.json</c>, or <c>vocab.txt</c> with the settings that <c>tokenizer_config.json</c> has for it.</summary>
internal sealed partial class TokenizerFiles
{
    private WordPiece ReadWordPiece(JsonElement root, JsonElement model)
    {
        if (Optional(root, "normalizer") is { } normalizer)
        {
            Only(normalizer, "normalizer", "BertNormalizer");
            Normalizer = ReadBertNormalizer(normalizer, "clean_text", "handle_chinese_chars", "lowercase");
        }

        Only(root.GetProperty("pre_tokenizer"), "pre_tokenizer", "BertPreTokenizer");
        ReadFrame(root);
        var settings = new WordPieceSettings(
            model.GetProperty("unk_token").GetString()!,
            model.GetProperty("continuing_subword_prefix").GetString()!,
            model.GetProperty("max_input_chars_per_word").GetInt32(),
            CleanUp: false);
        if (Optional(root, "decoder") is { } decoder)
        {
            Only(decoder, "decoder", "WordPiece");
            if (decoder.GetProperty("prefix").GetString() is var prefix && prefix != settings.Prefix)
            {
                throw Damaged(TokenizerJson, $"the decoder's prefix is '{prefix}'; that of the model, '{settings.Prefix}', was wanted");
            }

            settings = settings with { CleanUp = decoder.GetProperty("cleanup").GetBoolean() };
        }

        return WordPiece(TokenizerJson, ReadVocabulary(TokenizerJson, model.GetProperty("vocab")), settings);
    }

    /// <summary>A line a token, its number the id; what no file says is as in <c>bert-base-uncased</c>.</summary>
    private WordPiece ReadVocabTxt()
    {
        var vocabulary = new Dictionary<string, int>();
        var lines = Encoding.UTF8.GetString(_content[VocabTxt]).Split('\n');
        for (var id = 0; id < lines.Length; id++)
        {
            if (id < lines.Length - 1 || lines[id].Length > 0)
            {
                vocabulary[lines[id].TrimEnd('\r')] = id;
            }
        }

        Normalizer = _content.ContainsKey(ConfigJson)
            ? Parse(ConfigJson, root => ReadBertNormalizer(root, "", "tokenize_chinese_chars", "do_lower_case"))
            : new BertNormalizer(CleanText: true, HandleChineseChars: true, StripAccents: true, Lowercase: true).Apply;
        var model = WordPiece(VocabTxt, vocabulary, new WordPieceSettings(Named.GetValueOrDefault("unk_token", "[UNK]")));
        Added.AddRange(Named.Values.Distinct().Where(vocabulary.ContainsKey).Select(token => new AddedToken(vocabulary[token], token, Special: true)));
        var (cls, sep) = (Named.GetValueOrDefault("cls_token", ""), Named.GetValueOrDefault("sep_token", ""));
        if (!vocabulary.TryGetValue(cls, out var first) || !vocabulary.TryGetValue(sep, out var last))
        {
            throw Damaged(VocabTxt, $"without {TokenizerJson} the vocabulary of a BERT was wanted, with tokens [CLS] and [SEP] (or those that {ConfigJson} names)");
        }

        Frame = new TokenFrame([first], [last]);
        return model;
    }

    /// <summary>Names the tokens that no file names, where the vocabulary has those of BERT.</summary>
    private WordPiece WordPiece(string file, Dictionary<string, int> vocabulary, WordPieceSettings settings)
    {
        if (!vocabulary.ContainsKey(settings.Unknown))
        {
            throw Damaged(file, $"the unknown token '{settings.Unknown}' is not in the vocabulary");
        }

        Named.TryAdd("unk_token", settings.Unknown);
        foreach (var (name, token) in new[] { ("pad_token", "[PAD]"), ("cls_token", "[CLS]"), ("sep_token", "[SEP]"), ("mask_token", "[MASK]") })
        {
            if (vocabulary.ContainsKey(token))
            {
                Named.TryAdd(name, token);
            }
        }

        return new WordPiece(vocabulary, settings);
    }

    private static Normalizer ReadBertNormalizer(JsonElement part, string clean, string chinese, string lowercase)
    {
        var isLower = Optional(part, lowercase)?.GetBoolean() ?? true;
        return new BertNormalizer(
            Optional(part, clean)?.GetBoolean() ?? true,
            Optional(part, chinese)?.GetBoolean() ?? true,
            Optional(part, "strip_accents")?.GetBoolean() ?? isLower,
            isLower).Apply;
    }
}
