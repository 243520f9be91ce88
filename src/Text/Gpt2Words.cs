using System.Globalization;
using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// The words that byte-level BPE never merges across: the matches of GPT-2's expression
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>. Written out, because .NET's expressions see UTF-16
/// units: a letter beyond the basic plane would be no letter to them, and Hugging Face's tokenizers take it for one.
/// </summary>
internal static class Gpt2Words
{
    private enum Class
    {
        Letter,
        Number,
        Other,
        Space,
    }

    /// <summary>The length of the word that the text begins with; the text is not empty.</summary>
    public static int FirstLength(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'' && ContractionLength(text) is > 0 and var contraction)
        {
            return contraction;
        }

        var start = text[0] == ' ' && text.Length > 1 && ClassOf(text[1..], out _) != Class.Space ? 1 : 0;
        var first = ClassOf(text[start..], out var at);
        at += start;
        while (at < text.Length && ClassOf(text[at..], out var length) == first)
        {
            at += length;
        }

        // Of several spaces before a word the last one belongs to the word (a word begins with at most one, and only with U+0020).
        return first == Class.Space && at < text.Length && at > 1 ? at - 1 : at;
    }

    private static int ContractionLength(ReadOnlySpan<char> text) => text switch
    {
        ['\'', 's' or 't' or 'm' or 'd', ..] => 2,
        ['\'', 'r', 'e', ..] or ['\'', 'v', 'e', ..] or ['\'', 'l', 'l', ..] => 3,
        _ => 0,
    };

    private static Class ClassOf(ReadOnlySpan<char> text, out int length)
    {
        var c = text[0];
        length = 1;
        if (char.IsAscii(c))
        {
            return char.IsAsciiLetter(c) ? Class.Letter : char.IsAsciiDigit(c) ? Class.Number : c is ' ' or (>= '\t' and <= '\r') ? Class.Space : Class.Other;
        }

        Rune.DecodeFromUtf16(text, out var rune, out length);
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Class.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Class.Number,
            _ => Rune.IsWhiteSpace(rune) ? Class.Space : Class.Other,
        };
    }
}
