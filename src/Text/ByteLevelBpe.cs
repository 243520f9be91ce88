using System.Text;
using Microsoft.ML.Tokenizers;

namespace OnnxPipeline.Text;

/// <summary>
/// Byte-level BPE as GPT-2 has it. Microsoft.ML.Tokenizers merges; the words to be merged in (<see cref="Gpt2Words"/>) and the offsets are ours,
/// because the library's differ from Hugging Face's beyond the basic plane and inside characters of several bytes.
/// </summary>
internal sealed class ByteLevelBpe : TokenModel
{
    private const int LibraryLength = 256;

    private readonly BpeTokenizer _merger;
    private readonly Lazy<LongWords> _longWords;
    private readonly string[] _tokens;
    private readonly bool _trimOffsets;

    private readonly WordCache _words;

    /// <param name="vocabulary">Holds every character of <see cref="ByteAlphabet"/>, and for every merge its two parts and their concatenation.</param>
    /// <param name="merges">Best first.</param>
    /// <param name="trimOffsets">Whether offsets leave out the white space that a token begins or ends with.</param>
    public ByteLevelBpe(IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> merges, bool trimOffsets)
    {
        (Vocabulary, _trimOffsets) = (vocabulary, trimOffsets);
        _tokens = new string[vocabulary.Count == 0 ? 0 : vocabulary.Values.Max() + 1];
        foreach (var (token, id) in vocabulary)
        {
            _tokens[id] = token;
        }

        _merger = BpeTokenizer.Create(new BpeOptions(vocabulary) { ByteLevel = true, Merges = merges.Select(m => $"{m.Left} {m.Right}") });
        _longWords = new Lazy<LongWords>(() => new LongWords(vocabulary, merges));
        _words = new WordCache(Merge);
    }

    public override string Kind => "bpe";

    public override IReadOnlyDictionary<string, int> Vocabulary { get; }

    public override void Encode(ReadOnlySpan<char> text, int offset, TokenList into)
    {
        while (!text.IsEmpty)
        {
            var word = text[..Gpt2Words.FirstLength(text)];
            var ids = _words.Ids(word);
            into.Ids.AddRange(ids);
            if (into.WithSpans)
            {
                AddSpans(word, offset, ids, into.Spans);
            }

            text = text[word.Length..];
            offset += word.Length;
        }
    }

    /// <summary>Bytes beyond ASCII are nearly always of letters.</summary>
    public override bool BeginsWord(string token) =>
        token.Length > 0 && ByteAlphabet.ByteOf(token[0]) is >= 0 and < 128 and var first && !char.IsAsciiLetterOrDigit((char)first);

    public override string Decode(IEnumerable<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (token.Any(c => ByteAlphabet.ByteOf(c) < 0))
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(token)); // a token that was added, in plain text
                continue;
            }

            foreach (var c in token)
            {
                bytes.Add((byte)ByteAlphabet.ByteOf(c));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]); // what is no UTF-8 becomes U+FFFD
    }

    private int[] Merge(ReadOnlySpan<char> word) => word.Length > LibraryLength
        ? _longWords.Value.Merge(word)
        : [.. _merger.EncodeToIds(word, considerPreTokenization: false, considerNormalization: false)];

    /// <summary>A token that begins or ends inside a character covers the whole of it.</summary>
    private void AddSpans(ReadOnlySpan<char> word, int offset, int[] ids, List<(int Start, int End)> spans)
    {
        var (at, length, used) = (0, 0, 0); // the character that the next byte is of, its UTF-16 units, its bytes that are used
        Rune rune = default;
        foreach (var id in ids)
        {
            var token = _tokens[id];
            var start = -1;
            for (var bytes = token.Length; bytes > 0;)
            {
                if (used == (length == 0 ? 0 : rune.Utf8SequenceLength))
                {
                    at += length;
                    Rune.DecodeFromUtf16(word[at..], out rune, out length);
                    used = 0;
                }

                start = start < 0 ? at : start;
                var taken = Math.Min(bytes, rune.Utf8SequenceLength - used);
                (bytes, used) = (bytes - taken, used + taken);
            }

            spans.Add(Trim(token, offset + start, offset + at + length));
        }
    }

    private (int Start, int End) Trim(string token, int start, int end)
    {
        if (!_trimOffsets)
        {
            return (start, end);
        }

        var leading = token.TakeWhile(IsSpace).Count();
        var trailing = token.Reverse().TakeWhile(IsSpace).Count();
        start = Math.Min(start + leading, end);
        return (start, Math.Max(end - trailing, start));
    }

    private static bool IsSpace(char c) => c == ByteAlphabet.Characters[' '] || char.IsWhiteSpace(c);
}
