using System.Globalization;
using OnnxPipeline.Files;

namespace OnnxPipeline.Training;

/// <summary>What the flag <c>--group</c> sets for the parameters that a pattern matches: <c>GLOB: lr=F, weight-decay=F, frozen</c>.</summary>
/// <param name="Pattern">See <see cref="Glob"/>.</param>
/// <param name="Lr">Learning rate; it follows the schedule as the main rate does. Null: not set here.</param>
/// <param name="WeightDecay">Null: not set here.</param>
/// <param name="Frozen">Whether they are not trained.</param>
public sealed record ParameterGroup(string Pattern, double? Lr, double? WeightDecay, bool Frozen)
{
    /// <summary>Reads the flag's value. The pattern ends at the last colon, for names have colons too.</summary>
    /// <exception cref="TrainingException">It has another form (wrong usage).</exception>
    public static ParameterGroup Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        var group = new ParameterGroup(colon < 0 ? "" : text[..colon].Trim(), null, null, false);
        if (group.Pattern.Length == 0)
        {
            throw Refused(text, "it has no pattern before a colon");
        }

        foreach (var setting in text[(colon + 1)..].Split(',', StringSplitOptions.TrimEntries))
        {
            var equals = setting.IndexOf('=');
            var (name, value) = equals < 0 ? (setting, null) : (setting[..equals].Trim(), setting[(equals + 1)..].Trim());
            group = name switch
            {
                "lr" => group with { Lr = Number(text, name, value) },
                "weight-decay" => group with { WeightDecay = Number(text, name, value) },
                "frozen" when value is null => group with { Frozen = true },
                _ => throw Refused(text, $"'{setting}' sets nothing"),
            };
        }

        return group;
    }

    private static double Number(string text, string name, string? value) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number >= 0
        ? number
        : throw Refused(text, $"{name} is '{value}', a number of at least 0 was wanted");

    private static TrainingException Refused(string text, string why) =>
        new($"--group '{text}': {why}. Its form is 'GLOB: lr=F, weight-decay=F, frozen', with at least one of the three.", 64);
}
