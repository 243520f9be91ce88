using System.Text.Json;
using OnnxPipeline.Files;

namespace OnnxPipeline.Inference;

/// <summary>What generation wants to know of <c>config.json</c> and <c>generation_config.json</c>; both may be missing.</summary>
/// <param name="Positions">How many tokens the model can look at; null where nothing says.</param>
/// <param name="EosIds">Ids that end a text, as the files give them.</param>
internal sealed record TextSettings(int? Positions, IReadOnlyList<int> EosIds)
{
    private static readonly string[] PositionKeys = ["n_positions", "max_position_embeddings", "n_ctx"];

    /// <exception cref="FileFormatException">A file is there and is no JSON object.</exception>
    public static TextSettings Read(string folder)
    {
        int? positions = null;
        var eos = new List<int>();
        foreach (var name in new[] { "config.json", "generation_config.json" })
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
            {
                continue;
            }

            try
            {
                using var document = JsonDocument.Parse(InputFile.ReadAllBytes(path));
                var root = document.RootElement;
                positions ??= PositionKeys.SelectMany(key => Ids(root, key)).Select(value => (int?)value).FirstOrDefault();
                eos.AddRange(Ids(root, "eos_token_id"));
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw new FileFormatException($"{path} is no configuration: {e.Message}", e);
            }
        }

        return new TextSettings(positions, [.. eos.Distinct()]);
    }

    /// <summary>A number, or an array of them.</summary>
    private static IEnumerable<int> Ids(JsonElement root, string key) => !root.TryGetProperty(key, out var value) ? [] : value.ValueKind switch
    {
        JsonValueKind.Number => [Id(value, key)],
        JsonValueKind.Array => [.. value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Number).Select(item => Id(item, key))],
        _ => [],
    };

    private static int Id(JsonElement value, string key) => value.TryGetInt32(out var id)
        ? id
        : throw new JsonException($"{key} is {value.GetRawText()}, a whole number was wanted.");
}
