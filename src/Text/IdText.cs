using System.Globalization;
using System.Text.Json;

namespace OnnxPipeline.Text;

/// <summary>Ids as a line of text: a JSON array, or numbers with white space or commas between them.</summary>
public static class IdText
{
    /// <param name="where">Begins the message of an error: a file and line.</param>
    /// <exception cref="TextException">Something in the line is no id.</exception>
    public static IReadOnlyList<int> Parse(string line, string where)
    {
        if (line.TrimStart().StartsWith('['))
        {
            try
            {
                return JsonSerializer.Deserialize<int[]>(line)!;
            }
            catch (JsonException e)
            {
                throw new TextException($"{where}: {Shorten(line)} is no JSON array of ids: {e.Message}", e);
            }
        }

        return [.. line.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries).Select(word =>
            int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                ? id
                : throw new TextException($"{where}: '{Shorten(word)}' is no id; a JSON array of ids or ids with spaces between them were wanted."))];
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..59] + "…";
}
