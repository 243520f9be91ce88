using System.Text;

namespace OnnxPipeline.Text;

/// <summary>The words of BERT's tokenizers: what stands between white space, every punctuation character a word of its own.</summary>
internal static class BertWords
{
    /// <summary>The next word from a position on, as its start and end; start is the end of the text if there is none.</summary>
    public static (int Start, int End) Next(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        var end = at;
        while (end < text.Length)
        {
            var length = 1;
            var c = text[end];
            if (!char.IsAsciiLetterOrDigit(c))
            {
                Rune.DecodeFromUtf16(text[end..], out var rune, out length);
                if (char.IsWhiteSpace(c))
                {
                    break;
                }

                if (BertCharacters.IsPunctuation(rune))
                {
                    return end == at ? (at, end + length) : (at, end);
                }
            }

            end += length;
        }

        return (at, end);
    }

    /// <summary>Whether a word has more code points than <paramref name="most"/>.</summary>
    public static bool IsLonger(ReadOnlySpan<char> word, int most)
    {
        if (word.Length <= most)
        {
            return false;
        }

        var count = 0;
        foreach (var _ in word.EnumerateRunes())
        {
            count++;
        }

        return count > most;
    }
}
