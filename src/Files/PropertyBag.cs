namespace OnnxPipeline.Files;

/// <summary>Numbers and strings that a program keeps in an ODTC checkpoint.</summary>
public sealed record PropertyBag(
    IReadOnlyList<KeyValuePair<string, long>> Ints, IReadOnlyList<KeyValuePair<string, float>> Floats, IReadOnlyList<KeyValuePair<string, string>> Strings)
{
    public static PropertyBag Empty { get; } = new([], [], []);

    public bool IsEmpty => Ints.Count + Floats.Count + Strings.Count == 0;
}
