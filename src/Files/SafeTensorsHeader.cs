using System.Text.Json;

namespace OnnxPipeline.Files;

/// <summary>The JSON header of a safetensors file, parsed but not yet compared with the file.</summary>
internal sealed record SafeTensorsHeader(IReadOnlyList<SafeTensorsHeader.Entry> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary><paramref name="Begin"/> and <paramref name="End"/> count from the end of the header; both at least 0, in order.</summary>
    internal sealed record Entry(string Name, string Type, IReadOnlyList<long> Shape, long Begin, long End);

    /// <exception cref="FileFormatException">No such JSON: another structure, a negative number, a name twice.</exception>
    public static SafeTensorsHeader Parse(string path, ReadOnlySpan<byte> json)
    {
        var tensors = new List<Entry>();
        var metadata = new Dictionary<string, string>();
        var names = new HashSet<string>();
        var where = "the start";
        var reader = new Utf8JsonReader(json);
        try
        {
            Expect(ref reader, JsonTokenType.StartObject);
            while (Next(ref reader) == JsonTokenType.PropertyName)
            {
                where = $"'{reader.GetString()}'";
                var name = reader.GetString()!;
                if (!names.Add(name))
                {
                    throw new FormatException("the name is there twice");
                }

                if (name == "__metadata__")
                {
                    ReadMetadata(ref reader, metadata);
                }
                else
                {
                    tensors.Add(ReadEntry(ref reader, name));
                }
            }

            where = "the end";
            if (reader.Read())
            {
                throw new FormatException("something follows");
            }
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new FileFormatException($"{path}: the safetensors header is damaged at {where}: {e.Message}.", e);
        }

        return new SafeTensorsHeader(tensors, metadata);
    }

    private static Entry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        string? type = null;
        List<long>? shape = null, offsets = null;
        Expect(ref reader, JsonTokenType.StartObject);
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var key = reader.GetString();
            if (key == "dtype" && type is null)
            {
                Expect(ref reader, JsonTokenType.String);
                type = reader.GetString();
            }
            else if (key == "shape" && shape is null)
            {
                shape = ReadNumbers(ref reader);
            }
            else if (key == "data_offsets" && offsets is null)
            {
                offsets = ReadNumbers(ref reader);
            }
            else
            {
                throw new FormatException($"the key '{key}' is unknown or there twice");
            }
        }

        return type is not null && shape is not null && offsets is [var begin, var end] && begin <= end
            ? new Entry(name, type, shape, begin, end)
            : throw new FormatException("dtype, shape and two data_offsets in order are wanted");
    }

    private static List<long> ReadNumbers(ref Utf8JsonReader reader)
    {
        var numbers = new List<long>();
        Expect(ref reader, JsonTokenType.StartArray);
        while (Next(ref reader) == JsonTokenType.Number)
        {
            numbers.Add(reader.TryGetInt64(out var number) && number >= 0 ? number : throw new FormatException("a number is negative, too large or no integer"));
        }

        return reader.TokenType == JsonTokenType.EndArray ? numbers : throw new FormatException("only numbers are wanted in a list");
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String);
            metadata[key] = reader.GetString()!;
        }
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : throw new FormatException("it ends too early");

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (Next(ref reader) != type)
        {
            throw new FormatException($"{type} was wanted, {reader.TokenType} found");
        }
    }
}
