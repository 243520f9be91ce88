using System.Buffers;
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
    /// <summary>ASCII that stays one character.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create([.. "\t\n\r", .. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)]);

    /// <summary>A <see cref="Normalizer"/>.</summary>
    public string Apply(string text, out int[]? origin)
    {
        if (IsPlain(text))
        {
            origin = null;
            return ApplyPlain(text);
        }

        return Apply(text, new Result(text.Length, withOrigin: true)).End(out origin);
    }

    /// <summary>For who does not ask for the origins, which take more memory than the text.</summary>
    public string Apply(string text) => IsPlain(text) ? ApplyPlain(text) : Apply(text, new Result(text.Length, withOrigin: false)).End(out _);

    private static bool IsPlain(string text) => !text.AsSpan().ContainsAnyExcept(Plain);

    private string ApplyPlain(string text) => string.Create(text.Length, (text, this), static (to, from) =>
    {
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = from.Item2.Change(from.text[i]);
        }
    });

    private Result Apply(string text, Result result)
    {
        for (var at = 0; at < text.Length; at += result.FromLength)
        {
            if (Plain.Contains(text[at]))
            {
                result.Begin(at, 1);
                result.Add(Change(text[at]));
                continue;
            }

            Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length);
            result.Begin(at, length);
            Change(rune, result);
        }

        return result;
    }

    private char Change(char plain) => plain < ' ' ? (CleanText ? ' ' : plain) : Lowercase && char.IsAsciiLetterUpper(plain) ? (char)(plain | 0x20) : plain;

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

    private sealed class Result(int capacity, bool withOrigin)
    {
        private char[] _text = new char[capacity + 16];
        private int[]? _origin = withOrigin ? new int[capacity + 16] : null;
        private int _length;
        private int _from;

        public int FromLength { get; private set; }

        /// <summary>What is added from here on comes from the character at a place.</summary>
        public void Begin(int from, int length) => (_from, FromLength) = (from, length);

        public void Add(Rune rune)
        {
            Span<char> units = stackalloc char[2];
            foreach (var unit in units[..rune.EncodeToUtf16(units)])
            {
                Add(unit);
            }
        }

        public void Add(char unit)
        {
            if (_length == _text.Length)
            {
                Array.Resize(ref _text, 2 * _length);
                if (_origin is not null)
                {
                    Array.Resize(ref _origin, 2 * _length);
                }
            }

            _text[_length] = unit;
            if (_origin is not null)
            {
                _origin[_length] = _from;
            }

            _length++;
        }

        public string End(out int[]? origin)
        {
            origin = _origin;
            return new string(_text, 0, _length);
        }
    }
}
