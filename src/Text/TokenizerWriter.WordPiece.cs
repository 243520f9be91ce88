using System.Text.Json;

namespace OnnxPipeline.Text;

internal static partial class TokenizerWriter
{
    /// <summary><c>vocab.txt</c>, <c>tokenizer.json</c>, <c>tokenizer_config.json</c>, as those of <c>bert-base-uncased</c>.</summary>
    /// <param name="tokens">By id, <see cref="WordPieceLearning.SpecialTokens"/> first.</param>
    /// <param name="lowercase">Whether case is lowered and accents go.</param>
    public static void WriteWordPiece(string folder, IReadOnlyList<string> tokens, bool lowercase)
    {
        var settings = new WordPieceSettings();
        string[] all = [.. tokens];
        WriteLines(folder, "vocab.txt", all);
        WriteTokenizer(folder, all, ..WordPieceLearning.SpecialTokens.Count, json =>
        {
            json.WriteStartObject("normalizer");
            json.WriteString("type", "BertNormalizer");
            json.WriteBoolean("clean_text", true);
            json.WriteBoolean("handle_chinese_chars", true);
            json.WriteNull("strip_accents");
            json.WriteBoolean("lowercase", lowercase);
            json.WriteEndObject();
            json.WriteStartObject("pre_tokenizer");
            json.WriteString("type", "BertPreTokenizer");
            json.WriteEndObject();
            json.WriteStartObject("post_processor");
            json.WriteString("type", "TemplateProcessing");
            WriteTemplate(json, "single", ("[CLS]", 0), ("A", 0), ("[SEP]", 0));
            WriteTemplate(json, "pair", ("[CLS]", 0), ("A", 0), ("[SEP]", 0), ("B", 1), ("[SEP]", 1));
            json.WriteStartObject("special_tokens");
            foreach (var token in new[] { "[CLS]", "[SEP]" })
            {
                json.WriteStartObject(token);
                json.WriteString("id", token);
                json.WriteStartArray("ids");
                json.WriteNumberValue(Array.IndexOf(all, token));
                json.WriteEndArray();
                json.WriteStartArray("tokens");
                json.WriteStringValue(token);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartObject("decoder");
            json.WriteString("type", "WordPiece");
            json.WriteString("prefix", settings.Prefix);
            json.WriteBoolean("cleanup", settings.CleanUp);
            json.WriteEndObject();
            json.WriteStartObject("model");
            json.WriteString("type", "WordPiece");
            json.WriteString("unk_token", settings.Unknown);
            json.WriteString("continuing_subword_prefix", settings.Prefix);
            json.WriteNumber("max_input_chars_per_word", settings.LongestWord);
            json.WriteStartObject("vocab");
            WriteVocabulary(json, all);
            json.WriteEndObject();
            json.WriteEndObject();
        });
        Write(folder, "tokenizer_config.json", json =>
        {
            json.WriteString("tokenizer_class", "BertTokenizer");
            json.WriteBoolean("do_lower_case", lowercase);
            json.WriteNull("strip_accents");
            json.WriteBoolean("tokenize_chinese_chars", true);
            foreach (var token in WordPieceLearning.SpecialTokens)
            {
                json.WriteString(token.Trim('[', ']').ToLowerInvariant() + "_token", token);
            }

            json.WriteBoolean("clean_up_tokenization_spaces", true);
        });
    }

    /// <summary>A special token in brackets, the texts as A and B; with the type that the ids get.</summary>
    private static void WriteTemplate(Utf8JsonWriter json, string name, params ReadOnlySpan<(string Id, int Type)> parts)
    {
        json.WriteStartArray(name);
        foreach (var (id, type) in parts)
        {
            json.WriteStartObject();
            json.WriteStartObject(id[0] == '[' ? "SpecialToken" : "Sequence");
            json.WriteString("id", id);
            json.WriteNumber("type_id", type);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
