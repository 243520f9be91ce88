namespace OnnxPipeline.Pipelines.Corpora;

/// <summary>Cuts plain text into sentences: after <c>.</c>, <c>!</c> or <c>?</c> where a space and a capital letter follow.</summary>
internal static class Sentences
{
    private static readonly string[] Abbreviations = ["e.g.", "i.e.", "etc.", "vs.", "cf.", "No.", "St.", "Dr."];

    public static IEnumerable<string> Of(string text)
    {
        var start = 0;
        for (var i = 0; i + 2 < text.Length; i++)
        {
            if (text[i] is '.' or '!' or '?' && text[i + 1] == ' ' && char.IsUpper(text[i + 2]) && !EndsShort(text.AsSpan(start, i + 1 - start)))
            {
                yield return text[start..(i + 1)];
                start = i + 2;
            }
        }

        if (start < text.Length)
        {
            yield return text[start..];
        }
    }

    private static bool EndsShort(ReadOnlySpan<char> text)
    {
        foreach (var abbreviation in Abbreviations)
        {
            if (text.EndsWith(abbreviation, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
