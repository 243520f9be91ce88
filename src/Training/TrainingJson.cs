using System.Text.Json;
using System.Text.Json.Serialization;

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
internal sealed partial class TrainingJson : JsonSerializerContext;
