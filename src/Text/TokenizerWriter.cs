using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OnnxPipeline.Files;

namespace OnnxPipeline.Text;

/// <summary>Writes tokenizers as files that Hugging Face's tools read.</summary>
internal static partial class TokenizerWriter
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
        WriteLines(folder, "merges.txt", merges.Select(merge => $"{merge.Left} {merge.Right}").Prepend("#version: 0.2"));
        WriteTokenizer(folder, all, ^1.., json =>
        {
            WriteLowercase(json, lowercase);
            foreach (var part in new[] { "pre_tokenizer", "post_processor", "decoder" })
            {
                json.WriteStartObject(part);
                json.WriteString("type", "ByteLevel");
                json.WriteBoolean("add_prefix_space", false);
                json.WriteBoolean("trim_offsets", false);
                json.WriteBoolean("use_regex", true);
                json.WriteEndObject();
            }

            WriteBpeModel(json, all, [.. merges.Select(merge => $"{merge.Left} {merge.Right}")], unknown: null);
        });
        WriteConfig(folder, unknown: null);
    }

    /// <summary><c>tokenizer.json</c> (BPE without merges, the whole text one word) and <c>tokenizer_config.json</c>; <see cref="Unknown"/> and <see cref="EndOfText"/> come last.</summary>
    public static void WriteCharacters(string folder, IReadOnlyList<string> characters, bool lowercase)
    {
        string[] all = [.. characters, Unknown, EndOfText];
        WriteTokenizer(folder, all, ^2.., json =>
        {
            WriteLowercase(json, lowercase);
            json.WriteNull("pre_tokenizer");
            json.WriteNull("post_processor");
            json.WriteStartObject("decoder");
            json.WriteString("type", "Fuse");
            json.WriteEndObject();
            WriteBpeModel(json, all, [], Unknown);
        });
        WriteConfig(folder, Unknown);
    }

    private static void WriteTokenizer(string folder, string[] tokens, Range special, Action<Utf8JsonWriter> writeParts) => Write(folder, "tokenizer.json", json =>
    {
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        var (first, count) = special.GetOffsetAndLength(tokens.Length);
        for (var id = first; id < first + count; id++)
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
        writeParts(json);
    });

    private static void WriteLowercase(Utf8JsonWriter json, bool lowercase)
    {
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
    }

    private static void WriteBpeModel(Utf8JsonWriter json, string[] tokens, string[] merges, string? unknown)
    {
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
    }

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

    private static void WriteLines(string folder, string name, IEnumerable<string> lines) => AtomicFile.Write(Path.Combine(folder, name), stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        foreach (var line in lines)
        {
            writer.WriteLine(line);
        }
    });

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
