using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// BERT's WordPiece: of each word (<see cref="BertWords"/>) the longest token that it begins with, then the longest that goes on, and so forth.
/// A word that comes to an end no token has, or that is too long, is one unknown token.
/// </summary>
internal sealed class WordPiece : TokenModel
{
    private readonly WordPieceSettings _settings;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _first;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _next; // without the prefix
    private readonly int[] _lengths; // by id, in UTF-16 units without the prefix
    private readonly int _longest;
    private readonly int _unknown;
    private readonly WordCache _words;

    /// <param name="vocabulary">Holds the unknown token.</param>
    public WordPiece(Dictionary<string, int> vocabulary, WordPieceSettings settings)
    {
        (Vocabulary, _settings, _unknown) = (vocabulary, settings, vocabulary[settings.Unknown]);
        var next = vocabulary.Where(entry => entry.Key.StartsWith(settings.Prefix, StringComparison.Ordinal)).ToDictionary(entry => entry.Key[settings.Prefix.Length..], entry => entry.Value);
        (_first, _next) = (vocabulary.GetAlternateLookup<ReadOnlySpan<char>>(), next.GetAlternateLookup<ReadOnlySpan<char>>());
        _longest = vocabulary.Keys.Max(token => token.Length);
        _lengths = new int[vocabulary.Values.Max() + 1];
        foreach (var (token, id) in next)
        {
            _lengths[id] = token.Length;
        }

        _words = new WordCache(Pieces);
    }

    public override string Kind => "wordpiece";

    public override IReadOnlyDictionary<string, int> Vocabulary { get; }

    public override void Encode(ReadOnlySpan<char> text, int offset, TokenList into)
    {
        for (var (start, end) = BertWords.Next(text, 0); start < text.Length; (start, end) = BertWords.Next(text, end))
        {
            var ids = _words.Ids(text[start..end]);
            if (!into.WithSpans)
            {
                into.Ids.AddRange(ids);
                continue;
            }

            // The first piece is what the others leave: it may be the unknown token, whose length says nothing.
            var rest = end;
            for (var i = 1; i < ids.Length; i++)
            {
                rest -= _lengths[ids[i]];
            }

            var at = start;
            for (var i = 0; i < ids.Length; i++)
            {
                var to = i == 0 ? rest : at + _lengths[ids[i]];
                into.Add(ids[i], offset + at, offset + to);
                at = to;
            }
        }
    }

    public override bool BeginsWord(string token) => _settings.Prefix.Length == 0 || !token.StartsWith(_settings.Prefix, StringComparison.Ordinal);

    /// <summary>A space before every token but the first and those that go on with a word; the clean-up is done token by token.</summary>
    public override string Decode(IEnumerable<string> tokens)
    {
        var text = new StringBuilder();
        var isFirst = true;
        foreach (var token in tokens)
        {
            var part = isFirst ? token : BeginsWord(token) ? " " + token : token[_settings.Prefix.Length..];
            text.Append(_settings.CleanUp ? CleanUp(part) : part);
            isFirst = false;
        }

        return text.ToString();
    }

    private static string CleanUp(string part) => part.Length is 0 || !part.Contains(' ') ? part : part
        .Replace(" .", ".").Replace(" ?", "?").Replace(" !", "!").Replace(" ,", ",").Replace(" ' ", "'").Replace(" n't", "n't")
        .Replace(" 'm", "'m").Replace(" do not", " don't").Replace(" 's", "'s").Replace(" 've", "'ve").Replace(" 're", "'re");

    private int[] Pieces(ReadOnlySpan<char> word)
    {
        if (BertWords.IsLonger(word, _settings.LongestWord))
        {
            return [_unknown];
        }

        var ids = new List<int>();
        while (!word.IsEmpty)
        {
            var tokens = ids.Count == 0 ? _first : _next;
            var (length, id) = (Math.Min(word.Length, _longest), 0);
            while (length > 0 && !tokens.TryGetValue(word[..length], out id))
            {
                length--;
            }

            if (length == 0)
            {
                return [_unknown];
            }

            ids.Add(id);
            word = word[length..];
        }

        return [.. ids];
    }
}
