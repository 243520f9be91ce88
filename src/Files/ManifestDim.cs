using System.Text.Json;
using System.Text.Json.Serialization;

namespace OnnxPipeline.Files;

/// <summary>One dimension: a number, a name (symbolic), or neither (unknown; <c>null</c> in JSON).</summary>
[JsonConverter(typeof(Converter))]
public readonly record struct ManifestDim(long? Size, string? Name = null)
{
    internal sealed class Converter : JsonConverter<ManifestDim>
    {
        public override bool HandleNull => true;

        public override ManifestDim Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.Null => default,
            JsonTokenType.Number when reader.TryGetInt64(out var size) => new ManifestDim(size),
            JsonTokenType.String => new ManifestDim(null, reader.GetString()),
            _ => throw new JsonException("A dimension is a number, a name or null."),
        };

        public override void Write(Utf8JsonWriter writer, ManifestDim value, JsonSerializerOptions options)
        {
            if (value.Size is { } size)
            {
                writer.WriteNumberValue(size);
            }
            else
            {
                writer.WriteStringValue(value.Name);
            }
        }
    }
}
