using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// GPT-2's alphabet: each of the 256 bytes is written as one visible character, so that tokens can stand in text files. Printable
/// Latin-1 characters stand for their own code; the other bytes, in their order, for U+0100 on (a space is <c>Ġ</c>).
/// </summary>
internal static class ByteAlphabet
{
    private static readonly int[] Bytes = new int[256 + 68];

    static ByteAlphabet()
    {
        Array.Fill(Bytes, -1);
        var (characters, ranks, printable, other) = (new char[256], new int[256], 0, 0);
        for (var b = 0; b < 256; b++)
        {
            characters[b] = IsPrintable(b) ? (char)b : (char)(256 + other++);
            Bytes[characters[b]] = b;
        }

        for (var b = 0; b < 256; b++)
        {
            ranks[b] = IsPrintable(b) ? printable++ : 256 - other + (characters[b] - 256);
        }

        (Characters, Ranks) = (characters, ranks);
    }

    /// <summary>The character of each byte.</summary>
    public static IReadOnlyList<char> Characters { get; }

    /// <summary>The place of each byte in the alphabet, ordered by character: the first 256 ids of GPT-2's vocabulary.</summary>
    public static IReadOnlyList<int> Ranks { get; }

    /// <summary>The byte of a character; −1 if it is none of the alphabet.</summary>
    public static int ByteOf(char character) => character < Bytes.Length ? Bytes[character] : -1;

    /// <summary>Text as tokens write it.</summary>
    public static string Write(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var b in bytes)
        {
            text.Append(Characters[b]);
        }

        return text.ToString();
    }

    private static bool IsPrintable(int b) => b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
}
