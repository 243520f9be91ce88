namespace OnnxPipeline.Text.Tests;

/// <summary>Texts that tokenizers get wrong, and a small corpus.</summary>
internal static class Texts
{
    /// <summary>Three sentences that repeat their words.</summary>
    public const string Corpus =
        "The cat sat on the mat. The cat's hat was on the mat, too; it wasn't the hat of 123 cats.\n" +
        "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. Zwölf, sage ich, zwölf!\n" +
        "日本語の文章。日本語の単語。😀😀 👩‍👩‍👧 The end of the cat.\n";

    public static IEnumerable<string> Awkward =>
    [
        "", " ", "   ", "\n", "\t\t\n  ", "  leading and trailing  ", "a\u00A0b\u2003c\u3000d", "\u0000\u0001\u007F", "don't we'll I'D they've 'tis '",
        "naïve café e\u0301 \u0130stanbul ß ſ", "日本語 한국어 ไทย العربية עברית", "😀 👩‍👩‍👧 🇩🇪 \U0001D51E\U0001D51F \U00020000", "12345 ½ Ⅷ ٣", "x\u200Dy\uFEFFz", "!!!???...---", new('a', 1000), "\r\nline\r\n", "\uFFFD",
    ];
}
