using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OnnxPipeline.Training;

/// <summary>A line of samples.jsonl: what the model makes of a text after a number of steps.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Prompt">From the evaluation text: for a causal model its beginning, for a masked one a sentence with masks.</param>
/// <param name="Text">How a causal model goes on; the sentence with the best guess of a masked one in the place of each mask.</param>
public sealed partial record Sample(long Step, string Prompt, string Text)
{
    // Texts of every script stay readable; the file is no part of a page.
    private static readonly Json Lines = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });

    /// <summary>Of a masked model the masks of <see cref="Prompt"/>, in order; else null.</summary>
    public IReadOnlyList<SampledMask>? Masks { get; init; }

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
