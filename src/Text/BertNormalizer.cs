using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// BERT's changes to a text, in this order: white space becomes U+0020 and what is not seen goes; Chinese characters get a space on both sides;
/// characters lose their accents (NFD without nonspacing marks); case is lowered.
/// </summary>
/// <param name="CleanText"><c>clean_text</c>.</param>
/// <param name="HandleChineseChars"><c>handle_chinese_chars</c>.</param>
/// <param name="StripAccents"><c>strip_accents</c>; where that is null it is as <paramref name="Lowercase"/>.</param>
/// <param name="Lowercase"><c>lowercase</c>.</param>
internal sealed record BertNormalizer(bool CleanText, bool HandleChineseChars, bool StripAccents, bool Lowercase)
{
    /// <summary>A <see cref="Normalizer"/>.</summary>
    public string Apply(string text, out int[]? origin)
    {
        if (IsPlain(text))
        {
            origin = null;
            return string.Create(text.Length, (text, this), static (to, from) =>
            {
                for (var i = 0; i < to.Length; i++)
                {
                    var c = from.text[i];
                    to[i] = c < ' ' ? (from.Item2.CleanText ? ' ' : c) : from.Item2.Lowercase && char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
                }
            });
        }

        var result = new Result(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Change(rune, result);
            result.From += rune.Utf16SequenceLength;
        }

        origin = [.. result.Origin];
        return result.Text.ToString();
    }

    /// <summary>ASCII, and nothing in it that goes.</summary>
    private static bool IsPlain(string text)
    {
        foreach (var c in text)
        {
            if (c is not ((>= ' ' and <= '~') or '\t' or '\n' or '\r'))
            {
                return false;
            }
        }

        return true;
    }

    private void Change(Rune rune, Result to)
    {
        if (CleanText)
        {
            if (BertCharacters.IsDropped(rune))
            {
                return;
            }

            rune = Rune.IsWhiteSpace(rune) ? new Rune(' ') : rune;
        }

        var isApart = HandleChineseChars && BertCharacters.IsChinese(rune);
        if (isApart)
        {
            to.Add(new Rune(' '));
        }

        if (StripAccents && CanonicalDecomposition.Of(rune) is { } parts)
        {
            foreach (var part in parts.EnumerateRunes())
            {
                Finish(part, to);
            }
        }
        else
        {
            Finish(rune, to);
        }

        if (isApart)
        {
            to.Add(new Rune(' '));
        }
    }

    private void Finish(Rune rune, Result to)
    {
        if (StripAccents && BertCharacters.IsNonspacingMark(rune))
        {
            return;
        }

        if (Lowercase && rune.Value == Text.Lowercase.DottedI)
        {
            to.Add(new Rune('i'));
            to.Add(new Rune('\u0307'));
            return;
        }

        to.Add(Lowercase ? Rune.ToLowerInvariant(rune) : rune);
    }

    private sealed class Result(int capacity)
    {
        public StringBuilder Text { get; } = new(capacity + 8);

        public List<int> Origin { get; } = new(capacity + 8);

        /// <summary>Where the character that is being changed begins.</summary>
        public int From { get; set; }

        public void Add(Rune rune)
        {
            Span<char> units = stackalloc char[2];
            var length = rune.EncodeToUtf16(units);
            Text.Append(units[..length]);
            for (var i = 0; i < length; i++)
            {
                Origin.Add(From);
            }
        }
    }
}
