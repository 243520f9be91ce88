using System.Text;

namespace OnnxPipeline.Text;

/// <summary>One token a Unicode code point. A character that is not in the vocabulary becomes the unknown token.</summary>
internal sealed class CharacterVocabulary : TokenModel
{
    private readonly Dictionary<int, int> _ids = [];
    private readonly int _unknown;

    /// <param name="vocabulary">Tokens of one code point each; others (special ones) are never made from text.</param>
    /// <param name="unknown">The id of the unknown token.</param>
    public CharacterVocabulary(IReadOnlyDictionary<string, int> vocabulary, int unknown)
    {
        (Vocabulary, _unknown) = (vocabulary, unknown);
        foreach (var (token, id) in vocabulary)
        {
            if (Rune.DecodeFromUtf16(token, out var rune, out var used) == System.Buffers.OperationStatus.Done && used == token.Length)
            {
                _ids[rune.Value] = id;
            }
        }
    }

    public override string Kind => "char";

    public override IReadOnlyDictionary<string, int> Vocabulary { get; }

    public override void Encode(ReadOnlySpan<char> text, int offset, TokenList into)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            into.Add(_ids.GetValueOrDefault(rune.Value, _unknown), offset, offset + rune.Utf16SequenceLength);
            offset += rune.Utf16SequenceLength;
        }
    }

    public override bool BeginsWord(string token) =>
        Rune.DecodeFromUtf16(token, out var rune, out _) != System.Buffers.OperationStatus.Done || !Rune.IsLetterOrDigit(rune);

    public override string Decode(IEnumerable<string> tokens) => string.Concat(tokens);
}
