using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// Hugging Face's <c>Lowercase</c>: every character by itself, without regard to its neighbours or a language. Only U+0130 (İ) becomes
/// two characters.
/// </summary>
internal static class Lowercase
{
    public const char DottedI = '\u0130';

    public static string Of(string text) => text.Replace(DottedI.ToString(), "i\u0307", StringComparison.Ordinal).ToLowerInvariant();

    /// <param name="origin">For each UTF-16 unit of the result, and for its end, where it comes from; null where both have the same length.</param>
    public static string Of(string text, out int[]? origin)
    {
        origin = null;
        if (!text.Contains(DottedI))
        {
            return text.ToLowerInvariant(); // simple mapping, code point by code point: lengths do not change
        }

        var result = new StringBuilder(text.Length + 8);
        var from = new List<int>(text.Length + 8);
        for (var i = 0; i < text.Length; i++)
        {
            var lower = text[i] == DottedI ? "i\u0307"
                : char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? text.Substring(i++, 2).ToLowerInvariant()
                : char.ToLowerInvariant(text[i]).ToString();
            var start = i - (lower.Length == 2 && char.IsHighSurrogate(lower[0]) ? 1 : 0);
            foreach (var c in lower)
            {
                from.Add(char.IsLowSurrogate(c) ? start + 1 : start);
                result.Append(c);
            }
        }

        from.Add(text.Length);
        origin = [.. from];
        return result.ToString();
    }
}
