using System.Text.Json;
using OnnxPipeline.Files;

namespace OnnxPipeline.Models;

/// <summary>A Hugging Face style <c>config.json</c>: fields by name, checked for their type. A field that is null counts as left out.</summary>
public sealed class ConfigFile
{
    private readonly JsonElement _root;

    private ConfigFile(string path, ReadOnlyMemory<byte> bytes, JsonElement root) => (Path, Bytes, _root) = (path, bytes, root);

    /// <summary>What messages call it.</summary>
    public string Path { get; }

    /// <summary>The content, as it was read.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary><c>model_type</c>.</summary>
    public string ModelType => Text("model_type", null) ?? throw Wrong("model_type", "nothing", "the family of the model, such as \"gpt2\"");

    /// <exception cref="PipelineException">No such file, or no JSON object.</exception>
    public static ConfigFile Read(string path) => Parse(InputFile.ReadAllBytes(path, limit: 16 << 20), path);

    /// <param name="path">What messages call it.</param>
    /// <exception cref="ModelsException">No JSON object.</exception>
    public static ConfigFile Parse(ReadOnlyMemory<byte> bytes, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ConfigFile(path, bytes, document.RootElement.Clone())
                : throw new ModelsException($"{path} holds a JSON {document.RootElement.ValueKind.ToString().ToLowerInvariant()}; a configuration is an object with fields such as \"model_type\".");
        }
        catch (JsonException e)
        {
            throw new ModelsException(bytes.IsEmpty ? $"{path} is empty; a JSON object with fields such as \"model_type\" was wanted." : $"{path} is no JSON: {e.Message}", e);
        }
    }

    /// <summary>A whole number of at least <paramref name="least"/>.</summary>
    public int Int(string field, int fallback, int least = 1) => IntOrNull(field, least) ?? fallback;

    /// <inheritdoc cref="Int"/>
    public int? IntOrNull(string field, int least = 1)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least
            ? number
            : throw Wrong(field, value.GetRawText(), $"a whole number of at least {least}");
    }

    /// <summary>A number from <paramref name="least"/> (inclusive) to <paramref name="limit"/> (exclusive).</summary>
    public double Number(string field, double fallback, double least = 0, double limit = double.PositiveInfinity)
    {
        if (Find(field) is not { } value)
        {
            return fallback;
        }

        return value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && number >= least && number < limit
            ? number
            : throw Wrong(field, value.GetRawText(), double.IsInfinity(limit) ? $"a number of at least {least}" : $"a number of at least {least} and below {limit}");
    }

    public bool Flag(string field, bool fallback) => Find(field) is not { } value
        ? fallback
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(field, value.GetRawText(), "true or false");

    public string? Text(string field, string? fallback) => Find(field) is not { } value
        ? fallback
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(field, value.GetRawText(), "a text");

    /// <summary>Refuses a field that would change the computation in a way that is not built here.</summary>
    /// <param name="neutral">Values, as JSON, that change nothing.</param>
    /// <exception cref="ModelsException">The field has another value.</exception>
    public void Refuse(string field, string why, params ReadOnlySpan<string> neutral)
    {
        if (Find(field) is { } value && !neutral.Contains(value.GetRawText().Replace(" ", "", StringComparison.Ordinal)))
        {
            throw new ModelsException($"{Path}: {field} is {value.GetRawText()}; {why}.");
        }
    }

    /// <summary>The error for a field with a wrong value.</summary>
    public ModelsException Wrong(string field, string found, string wanted) => new($"{Path}: {field} is {found}, wanted {wanted}.");

    private JsonElement? Find(string field) => _root.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
