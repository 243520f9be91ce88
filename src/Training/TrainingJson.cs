using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OnnxPipeline.Files;

namespace OnnxPipeline.Training;

/// <summary>How run.json and state.json are written.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(RunState))]
[JsonSerializable(typeof(RunResult))]
internal sealed partial class TrainingJson : JsonSerializerContext
{
    public static T Read<T>(string path, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(InputFile.ReadAllBytes(path), type) ?? throw new TrainingException($"{path} is empty.");
        }
        catch (JsonException e)
        {
            throw new TrainingException($"{path}, line {e.LineNumber + 1}: {e.Message} It was not written by this program, or was changed.");
        }
    }

    public static void Write<T>(string path, T content, JsonTypeInfo<T> type) => AtomicFile.Write(path, s => JsonSerializer.Serialize(s, content, type));
}
