using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OnnxPipeline.Training;

/// <summary>How long the learning rate rises: a number of steps (<c>100</c>), or a share of all (<c>5%</c>).</summary>
[JsonConverter(typeof(Converter))]
public readonly record struct Warmup(double Amount, bool IsPercent)
{
    /// <summary>Reads <c>100</c> or <c>5%</c>.</summary>
    /// <exception cref="TrainingException">It is neither (wrong usage).</exception>
    public static Warmup Parse(string text)
    {
        var percent = text.EndsWith('%');
        return double.TryParse(percent ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out var amount) && amount >= 0 && double.IsFinite(amount) && (percent ? amount <= 100 : amount == Math.Floor(amount))
            ? new(amount, percent)
            : throw new TrainingException($"'{text}' is no warm-up; give a number of steps (100) or a share of them (5%).", 64);
    }

    /// <summary>The number of steps; a share is rounded up.</summary>
    public double StepsOf(double steps) => IsPercent ? Share.RoundedUp(steps, Amount, of: 100) : Amount;

    public override string ToString() => IsPercent ? $"{Amount}%" : $"{Amount}";

    internal sealed class Converter : JsonConverter<Warmup>
    {
        public override Warmup Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, Warmup value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
