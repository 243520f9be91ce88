using System.Globalization;
using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// Unicode's canonical decomposition (NFD) of single characters. Written out, because .NET takes it from a library of the operating system,
/// and without that (invariant globalization) leaves every text as it is. Marks are not put into canonical order.
/// </summary>
internal static class CanonicalDecomposition
{
    private const int FirstSyllable = 0xAC00, Syllables = 11_172, Vowels = 21, Finals = 28;

    private static readonly Lazy<Dictionary<int, string>> Table = new(Read);

    /// <summary>The characters that a character is made of; null if it is made of nothing but itself.</summary>
    public static string? Of(Rune character)
    {
        var value = character.Value;
        if (value < 0xC0)
        {
            return null;
        }

        var syllable = value - FirstSyllable;
        if (syllable is < 0 or >= Syllables)
        {
            return Table.Value.GetValueOrDefault(value);
        }

        var (first, vowel, final) = ((char)(0x1100 + (syllable / Finals / Vowels)), (char)(0x1161 + (syllable / Finals % Vowels)), (char)(0x11A7 + (syllable % Finals)));
        return syllable % Finals == 0 ? $"{first}{vowel}" : $"{first}{vowel}{final}";
    }

    private static Dictionary<int, string> Read()
    {
        using var reader = new StreamReader(typeof(CanonicalDecomposition).Assembly.GetManifestResourceStream("CanonicalDecompositions.txt")!);
        reader.ReadLine(); // where it comes from
        var table = new Dictionary<int, string>();
        while (reader.ReadLine() is { } line)
        {
            var points = line.Split(' ').Select(point => int.Parse(point, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            table.Add(points[0], string.Concat(points.Skip(1).Select(char.ConvertFromUtf32)));
        }

        return table;
    }
}
