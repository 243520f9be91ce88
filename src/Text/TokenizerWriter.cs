using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OnnxPipeline.Files;

namespace OnnxPipeline.Text;

/// <summary>Writes tokenizers as files that Hugging Face's tools read.</summary>
internal static class TokenizerWriter
{
    /// <summary>Begins and ends texts, and separates the texts of a corpus.</summary>
    public const string EndOfText = "<|endoftext|>";

    /// <summary>A character that a vocabulary of characters does not have.</summary>
    public const string Unknown = "<unk>";

    private static readonly JsonWriterOptions Form = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary><c>vocab.json</c>, <c>merges.txt</c>, <c>tokenizer.json</c>, <c>tokenizer_config.json</c>; the id after the last token is that of <see cref="EndOfText"/>.</summary>
    public static void WriteBpe(string folder, IReadOnlyList<string> tokens, IReadOnlyList<(string Left, string Right)> merges, bool lowercase)
    {
        string[] all = [.. tokens, EndOfText];
        Write(folder, "vocab.json", json => WriteVocabulary(json, all));
        AtomicFile.Write(Path.Combine(folder, "merges.txt"), stream =>
        {
            using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
            writer.WriteLine("#version: 0.2");
            foreach (var (left, right) in merges)
            {
                writer.WriteLine($"{left} {right}");
            }
        });
        WriteTokenizer(folder, all, [.. merges.Select(merge => $"{merge.Left} {merge.Right}")], unknown: null, special: 1, lowercase, json =>
        {
            foreach (var part in new[] { "pre_tokenizer", "post_processor", "decoder" })
            {
                json.WriteStartObject(part);
                json.WriteString("type", "ByteLevel");
                json.WriteBoolean("add_prefix_space", false);
                json.WriteBoolean("trim_offsets", false);
                json.WriteBoolean("use_regex", true);
                json.WriteEndObject();
            }
        });
        WriteConfig(folder, unknown: null);
    }

    /// <summary><c>tokenizer.json</c> (BPE without merges, the whole text one word) and <c>tokenizer_config.json</c>; <see cref="Unknown"/> and <see cref="EndOfText"/> come last.</summary>
    public static void WriteCharacters(string folder, IReadOnlyList<string> characters, bool lowercase)
    {
        WriteTokenizer(folder, [.. characters, Unknown, EndOfText], [], Unknown, special: 2, lowercase, json =>
        {
            json.WriteNull("pre_tokenizer");
            json.WriteNull("post_processor");
            json.WriteStartObject("decoder");
            json.WriteString("type", "Fuse");
            json.WriteEndObject();
        });
        WriteConfig(folder, Unknown);
    }

    private static void WriteTokenizer(string folder, string[] tokens, string[] merges, string? unknown, int special, bool lowercase, Action<Utf8JsonWriter> writeParts) => Write(folder, "tokenizer.json", json =>
    {
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        for (var id = tokens.Length - special; id < tokens.Length; id++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", tokens[id]);
            foreach (var (name, value) in new[] { ("single_word", false), ("lstrip", false), ("rstrip", false), ("normalized", false), ("special", true) })
            {
                json.WriteBoolean(name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (lowercase)
        {
            json.WriteStartObject("normalizer");
            json.WriteString("type", "Lowercase");
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("normalizer");
        }

        writeParts(json);
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", unknown);
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", false);
        json.WriteStartObject("vocab");
        WriteVocabulary(json, tokens);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var merge in merges)
        {
            json.WriteStringValue(merge);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteConfig(string folder, string? unknown) => Write(folder, "tokenizer_config.json", json =>
    {
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast"); // tokenizer.json says all
        json.WriteString("bos_token", EndOfText);
        json.WriteString("eos_token", EndOfText);
        if (unknown is not null)
        {
            json.WriteString("unk_token", unknown);
        }

        json.WriteBoolean("clean_up_tokenization_spaces", false);
    });

    private static void WriteVocabulary(Utf8JsonWriter json, string[] tokens)
    {
        for (var id = 0; id < tokens.Length; id++)
        {
            json.WriteNumber(tokens[id], id);
        }
    }

    private static void Write(string folder, string name, Action<Utf8JsonWriter> content) => AtomicFile.Write(Path.Combine(folder, name), stream =>
    {
        using var json = new Utf8JsonWriter(stream, Form);
        json.WriteStartObject();
        content(json);
        json.WriteEndObject();
        json.Flush();
        stream.Write("\n"u8);
    });
}
