using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OnnxPipeline.Training;

/// <summary>A line of samples.jsonl: how a causal language model goes on with a text after a number of steps.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Prompt">The beginning of the evaluation text.</param>
/// <param name="Text">What the model makes of it.</param>
public sealed partial record Sample(long Step, string Prompt, string Text)
{
    // Texts of every script stay readable; the file is no part of a page.
    private static readonly Json Lines = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, PropertyNamingPolicy = JsonNamingPolicy.CamelCase });

    /// <summary>As JSON in one line.</summary>
    public string ToLine() => JsonSerializer.Serialize(this, Lines.Sample);

    /// <summary>Null where a line is none.</summary>
    public static Sample? OfLine(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, Lines.Sample);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [JsonSerializable(typeof(Sample))]
    private sealed partial class Json : JsonSerializerContext;
}
