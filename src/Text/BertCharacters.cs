using System.Globalization;
using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// The kinds of characters that BERT's tokenizers know. Hugging Face's have the classes of Unicode 8: to them a mark, a punctuation or a
/// control that came later is a character like any other, and so it is here.
/// </summary>
internal static class BertCharacters
{
    private static readonly (int First, int Last)[] LaterMarks = Ranges("""
        7FD 897-89F 8CA-8E1 9FE AFA-AFF B55 C04 C3C D00 D3B-D3C D81 EBA ECE 180F 1885-1886 1ABF-1ACE 1DF6-1DFB A82C A8C5 A8FF A9BD 10D24-10D27 10D69-10D6D
        10EAB-10EAC 10EFC-10EFF 10F46-10F50 10F82-10F85 11070 11073-11074 110C2 111C9 111CF 1123E 11241 1133B 113BB-113C0 113CE 113D0 113D2 113E1-113E2
        11438-1143F 11442-11444 11446 1145E 1182F-11837 11839-1183A 1193B-1193C 1193E 11943 119D4-119D7 119DA-119DB 119E0 11A01-11A0A 11A33-11A38 11A3B-11A3E
        11A47 11A51-11A56 11A59-11A5B 11A8A-11A96 11A98-11A99 11C30-11C36 11C38-11C3D 11C3F 11C92-11CA7 11CAA-11CB0 11CB2-11CB3 11CB5-11CB6 11D31-11D36 11D3A
        11D3C-11D3D 11D3F-11D45 11D47 11D90-11D91 11D95 11D97 11EF3-11EF4 11F00-11F01 11F36-11F3A 11F40 11F42 11F5A 13440 13447-13455 1611E-16129 1612D-1612F
        16F4F 16FE4 1CF00-1CF2D 1CF30-1CF46 1E000-1E006 1E008-1E018 1E01B-1E021 1E023-1E024 1E026-1E02A 1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF 1E4EC-1E4EF
        1E5EE-1E5EF 1E944-1E94A
        """);

    private static readonly (int First, int Last)[] LaterPunctuation = Ranges("""
        61D 9FD A76 C77 C84 1B4E-1B4F 1B7D-1B7F 2E43-2E4F 2E52-2E5D 10D6E 10EAD 10F55-10F59 10F86-10F89 113D4-113D5 113D7-113D8 1144B-1144F 1145A-1145B 1145D
        11660-1166C 116B9 1183B 11944-11946 119E2 11A3F-11A46 11A9A-11A9C 11A9E-11AA2 11B00-11B09 11BE1 11C41-11C45 11C70-11C71 11EF7-11EF8 11F43-11F4F 11FFF
        12FF1-12FF2 16D6D-16D6F 16E97-16E9A 16FE2 1E5FF 1E95E-1E95F
        """);

    private static readonly (int First, int Last)[] LaterFormat = Ranges("890-891 8E2 110CD 13430-1343F");

    /// <summary>What <c>strip_accents</c> drops: Mn.</summary>
    public static bool IsNonspacingMark(Rune c) => c.Value >= 0x300 && Rune.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark && !IsIn(c, LaterMarks);

    /// <summary>What <c>clean_text</c> drops: U+0000, U+FFFD, Cc and Cf, but not the tab and the ends of lines; of the private use areas only their ends, as Hugging Face's tables have it.</summary>
    public static bool IsDropped(Rune c) => c.Value switch
    {
        '\t' or '\n' or '\r' => false,
        0xFFFD or 0xE000 or 0xF8FF or 0xF0000 or 0xFFFFD or 0x100000 or 0x10FFFD => true,
        _ => Rune.GetUnicodeCategory(c) is UnicodeCategory.Control || (Rune.GetUnicodeCategory(c) is UnicodeCategory.Format && !IsIn(c, LaterFormat)),
    };

    /// <summary>A word of its own: all of ASCII that is printed but letters and digits, and Unicode's classes P.</summary>
    public static bool IsPunctuation(Rune c) => c.IsAscii
        ? c.Value is > ' ' and < 127 && !char.IsAsciiLetterOrDigit((char)c.Value)
        : Rune.IsPunctuation(c) && !IsIn(c, LaterPunctuation);

    /// <summary>What <c>handle_chinese_chars</c> sets apart; the gap before U+2B920 is Hugging Face's.</summary>
    public static bool IsChinese(Rune c) => c.Value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B81F)
        or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    private static bool IsIn(Rune c, (int First, int Last)[] ranges)
    {
        var (low, high) = (0, ranges.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (c.Value < ranges[middle].First)
            {
                high = middle - 1;
            }
            else if (c.Value > ranges[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    private static (int First, int Last)[] Ranges(string text) =>
    [
        .. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(range => range.Split('-'))
            .Select(ends => (Convert.ToInt32(ends[0], 16), Convert.ToInt32(ends[^1], 16))),
    ];
}
